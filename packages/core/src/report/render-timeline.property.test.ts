import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { hostilePlan, hostileText } from '../formats/hostile-plan.arbitrary.ts'
import { foldReport } from './fold-report.ts'
import { anyLog } from './random-log.arbitrary.ts'
import { renderRunTimeline } from './render-run-timeline.ts'
import { renderTimeline } from './render-timeline.ts'

describe('the timeline of any plan, whatever its texts hold [S4-11]', () => {
  it('is well-formed XML of the few elements it means to draw', () => {
    fc.assert(
      fc.property(hostilePlan, hostileText, ({ document, plan }, title) => {
        const svg = renderTimeline(plan, { tasks: document.tasks, title, id: title })
        expect(elementsOf(svg)).toBe(plan.schedule.length)
        expect(svg).not.toContain('NaN')
      }),
    )
  })

  it('is the same bytes every time', () => {
    fc.assert(
      fc.property(hostilePlan, ({ document, plan }) => {
        const { tasks } = document
        const copy = structuredClone({ plan, tasks })
        expect(renderTimeline(copy.plan, { tasks: copy.tasks })).toBe(
          renderTimeline(plan, { tasks }),
        )
      }),
    )
  })

  it('does not grow with titles of 10 000 characters', () => {
    fc.assert(
      fc.property(hostilePlan, hostileText, ({ document, plan }, piece) => {
        const text = `${piece}x`.repeat(10_000).slice(0, 10_000)
        const tasks = document.tasks.map((task) => ({ ...task, title: text }))
        const svg = renderTimeline(plan, { tasks })
        expect(svg.length).toBeLessThan(12_000 + tasks.length * 8_000)
      }),
      { numRuns: 30 },
    )
  })

  it('never lets two bars of a row overlap', () => {
    fc.assert(
      fc.property(hostilePlan, fc.array(fc.nat(100), { minLength: 12 }), ({ plan }, delays) => {
        const actual = plan.schedule.map((time, at) => ({
          ...time,
          finish: time.finish + (delays[at] ?? 0),
        }))
        const svg = renderTimeline(plan, { actual, width: 20_000 })
        const rows = new Map<string, { from: number; to: number }[]>()
        for (const [, x, width, y] of svg.matchAll(
          /<rect x="([\d.]+)" width="([\d.]+)" y="(\d+)" height="26"/g,
        )) {
          const row = rows.get(y!) ?? []
          rows.set(y!, row)
          row.push({ from: Number(x), to: Number(x) + Number(width) })
        }
        expect([...rows.values()].flat()).toHaveLength(actual.length)
        for (const row of rows.values()) {
          row.sort((a, b) => a.from - b.from)
          for (const [at, { from }] of row.entries()) {
            // A bar is two pixels wide at least, however short its time is.
            if (at > 0) expect(from).toBeGreaterThan(row[at - 1]!.to - 2.5)
          }
        }
      }),
    )
  })

  it('of any log is well-formed and has a bar for each task that was planned or has settled', () => {
    fc.assert(
      fc.property(anyLog, ({ events }) => {
        const svg = renderRunTimeline(events)
        const { perTask } = foldReport(events)
        const planned = perTask.filter((task) => task.predictedMs !== null)
        const ran = perTask.filter((task) => task.startMs !== null && task.finishMs !== null)
        expect(elementsOf(svg)).toBe(planned.length + ran.length)
        expect(svg).not.toContain('NaN')
      }),
      { numRuns: 50 },
    )
  })
})

const harmless =
  'xmlns class role aria-labelledby id viewBox width height x y x1 y1 x2 y2 rx'.split(' ')

/**
 * Walks the whole document: every tag is one that a timeline may hold, closed in order, with plain
 * attributes; all between them is text that XML allows. Returns the number of bars.
 */
function elementsOf(svg: string): number {
  const open: string[] = []
  let bars = 0
  const token =
    /<([a-z]+)((?: [a-zA-Z0-9-]+="[^"<&]*")*)(\/?)>|<\/([a-z]+)>|((?:[^<&\p{Cs}\ufffe\uffff]|&#\d+;)+)/uy
  while (token.lastIndex < svg.length) {
    const at = token.lastIndex
    const found = token.exec(svg)
    if (found === null)
      throw new Error(`no XML at ${at}: ${JSON.stringify(svg.slice(at, at + 60))}`)
    const [, name, attributes = '', empty, closed, text] = found
    if (text !== undefined) {
      expect(text).not.toMatch(/(?!\n)\p{Cc}/u)
      if (open.length === 0) expect(text).toBe('\n')
    } else if (closed !== undefined) {
      expect(open.pop()).toBe(closed)
    } else {
      expect(['svg', 'g', 'rect', 'line', 'text', 'title', 'desc', 'style']).toContain(name)
      for (const [, attribute] of attributes.matchAll(/ ([\w-]+)=/g)) {
        expect(harmless).toContain(attribute)
      }
      if (attributes.startsWith(' class="bar ') && svg.startsWith('<title>', token.lastIndex))
        bars++
      if (empty === '') open.push(name!)
    }
  }
  expect(open).toEqual([])
  return bars
}
