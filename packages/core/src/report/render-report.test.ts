import { describe, expect, it } from 'vitest'

import { exampleLog } from '../testing/example-log.ts'
import { foldReport } from './fold-report.ts'
import { renderReportMarkdown } from './render-report-markdown.ts'
import { renderReportText } from './render-report-text.ts'

function report(title: string) {
  const log = exampleLog({ 'T-1': { title, estimate: 2 }, 'T-2': { estimate: 1 } }, 2)
  log.register(0, 'worker-')
  log.promote(0)
  log.start(0, 'T-1', 'worker-0')
  log.start(0, 'T-2', 'worker-1')
  log.fail(400, 'T-2', 'one test | fails')
  log.start(500, 'T-2', 'worker-1', 2)
  log.succeed(1_500, 'T-2', 2)
  log.succeed(2_000, 'T-1')
  return foldReport(log.events, { timeScale: 1_000 })
}

describe('the report as text', () => {
  it('shows predicted beside actual time, attempts, gates and the speed-up', () => {
    const text = renderReportText(report('Parse the input'))
    expect(text).toContain('2 of 2 done')
    expect(text).toContain('3: 2 succeeded, 1 failed')
    expect(text).toContain('2 passed, 1 failed')
    expect(text).toContain('2.0 s from the first promotion, planned 2.0 s')
    expect(text).toContain('1.50× with 2 workers (75.0 % of their time), planned 1.50×')
    expect(text).toMatch(/T-1 +Parse the input +done +1 +2\.0 s +2\.0 s +2\.0 s +1 passed/)
    expect(text).toMatch(/T-2 +Build T-2 +done +2 +1\.0 s +1\.0 s +1\.5 s +1 passed/)
  })

  it('cuts long titles so that lines stay within the terminal', () => {
    const text = renderReportText(report('word '.repeat(100)), 70)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(70)
    expect(text).toContain('…')
  })

  it('prints no control character that a task brings along', () => {
    const evil = 'a\u001b[2Jb\u0007\u009bc\u202ed\ne'
    for (const text of [renderReportText(report(evil)), renderReportMarkdown(report(evil))]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
      expect(text).toContain('a ')
    }
  })
})

describe('the report as Markdown', () => {
  it('is a page with a summary, the tasks and what the gates found', () => {
    const page = renderReportMarkdown(report('Parse the input'))
    expect(page).toMatch(/^# Report of Greenhouse\n/)
    expect(page).toContain(
      '| T-1 | Parse the input | done | 1 | 2.0 s | 2.0 s | 2.0 s | 1 passed |',
    )
    expect(page).toContain('- T-2, tests: **pass** – 3 tests pass')
  })

  it('shows text from outside as text', () => {
    const page = renderReportMarkdown(report('a | b <img src=x> [link](https://example.org)'))
    expect(page).toContain(String.raw`a \| b \<img src=x\> \[link\]\(https://example.org\)`)
  })
})
