import type { RunPicture, RunView } from '@cueline/core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from './captured-terminal.ts'
import { openRunScreen } from './run-screen.ts'

const picture: RunPicture = {
  total: 4,
  done: 1,
  failed: 1,
  lanes: [
    { task: 'T2', title: 'Water the plants', attempt: 2, doing: 'gates run', since: 1_000 },
    null,
  ],
  waiting: [
    { task: 'T3', title: 'Open the roof', attempt: 1, doing: 'waits for an answer', since: 0 },
  ],
  merging: [{ task: 'T4', title: 'Count', attempt: 1, doing: 'merging into main', since: 500 }],
}
const view: RunView = { apply: () => [], picture: () => picture }

describe('the screen of a run', () => {
  it('writes plain lines with the time since the start where nobody can redraw', () => {
    const terminal = capturedTerminal()
    let now = 1_000
    const screen = openRunScreen(terminal, view, () => now)
    now = 3_500
    screen.lines([{ text: 'T1: done', kind: 'good', step: false }])
    screen.close()
    expect(terminal.stderr()).toBe('   2.5 s  T1: done\n')
    expect(terminal.stdout()).toBe('')
  })

  it('shows lanes, questions and progress on a terminal, and leaves only lines that stay', () => {
    const terminal = capturedTerminal({ live: true })
    const screen = openRunScreen(terminal, view, () => 3_500)
    onTestFinished(() => screen.close())
    screen.lines([
      { text: 'T1: done', kind: 'good', step: false },
      { text: 'T2: a step', kind: 'plain', step: true },
    ])
    screen.close()
    const written = terminal.stderr()
    expect(written).toMatch(/1 {2}T2 {3}Water the plants: gates run \(attempt 2\) +2\.5 s/)
    expect(written).toMatch(/2 {2}free/)
    expect(written).toMatch(/\? {2}T3 {3}Open the roof: waits for an answer +3\.5 s/)
    expect(written).toContain('1 of 4 tasks, 1 failed, 50 %')
    expect(written).toContain('✔ T1: done')
    expect(written).toContain('Count: merging into main')
    expect(written).not.toContain('a step')
    // The last thing it does is to take its own lines back.
    expect(written.endsWith('\u001b[6A\u001b[0J')).toBe(true)
  })
})
