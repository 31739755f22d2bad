import {
  cutText,
  formatDuration,
  type RunActivity,
  type RunLine,
  type RunView,
  textWidth,
} from '@cueline/core'

import type { Style, Terminal } from './terminal.ts'
import { wrapText } from './wrap-text.ts'

export interface RunScreen {
  /** Lines that stay. */
  lines(lines: readonly RunLine[]): void
  /** A message between the lines, e.g. what Ctrl-C does. */
  say(text: string): void
  close(): void
}

/**
 * Shows a run on `err` while it goes: on a terminal the lanes, redrawn in place under the lines that
 * stay; else plain lines with the time since the start.
 */
export function openRunScreen(terminal: Terminal, view: RunView, now: () => number): RunScreen {
  const startedAt = now()
  if (!terminal.live) {
    const write = (text: string) =>
      terminal.err(`${formatDuration(now() - startedAt).padStart(8)}  ${text}\n`)
    return {
      lines: (lines) => lines.forEach(({ text }) => write(text)),
      say: write,
      close() {},
    }
  }
  let drawn = 0
  const clear = () => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`)
  const redraw = (above: readonly string[]) => {
    const picture = pictureLines(view, terminal, startedAt, now())
    terminal.err(`${clear()}${[...above, ...picture, ''].join('\n')}`)
    drawn = picture.length
  }
  const timer = setInterval(() => redraw([]), 250)
  redraw([])
  return {
    lines(lines) {
      const staying = lines.filter(({ step }) => !step)
      if (staying.length > 0) redraw(staying.flatMap((line) => marked(line, terminal)))
    },
    say: (text) => redraw(text.split('\n')),
    close() {
      clearInterval(timer)
      terminal.err(clear())
      drawn = 0
    },
  }
}

/** The lanes, what waits to merge and for people, and how far it is. */
function pictureLines(view: RunView, terminal: Terminal, startedAt: number, now: number): string[] {
  const { total, done, failed, lanes, waiting, merging } = view.picture()
  const width = terminal.columns - 1
  const shown = lanes.map((activity, lane) => [String(lane + 1), activity] as const)
  const codeWidth = Math.min(
    14,
    Math.max(
      3,
      ...[...lanes, ...merging, ...waiting].map((activity) => textWidth(activity?.task ?? '')),
    ),
  )
  const row = (label: string, activity: RunActivity | null) => {
    if (activity === null) return terminal.styleError('dim', `  ${label.padStart(2)}  free`)
    const took = formatDuration(now - activity.since).padStart(9)
    const again = activity.attempt > 1 ? ` (attempt ${activity.attempt})` : ''
    const room = width - codeWidth - took.length - 10
    const text = fitted(`${activity.title}: ${activity.doing}${again}`, room)
    const task = terminal.styleError('cyan', fitted(activity.task, codeWidth))
    return `  ${label.padStart(2)}  ${task}  ${text} ${took}`
  }
  const settled = done + failed
  const bar = Math.max(10, Math.min(30, width - 50))
  const filled = total === 0 ? 0 : Math.floor((bar * settled) / total)
  const percent = total === 0 ? 0 : Math.floor((100 * settled) / total)
  const failures = failed === 0 ? '' : terminal.styleError('red', `, ${failed} failed`)
  return [
    '',
    ...shown.map(([label, activity]) => row(label, activity)),
    ...merging.map((activity) => row('>', activity)),
    ...waiting.map((activity) => row('?', activity)),
    `  ${terminal.styleError('green', '█'.repeat(filled))}${terminal.styleError('dim', '░'.repeat(bar - filled))}  ${done} of ${total} tasks${failures}, ${percent} %, ${formatDuration(now - startedAt)}`,
  ]
}

const marks: Readonly<Record<RunLine['kind'], readonly [string, Style]>> = {
  good: ['✔', 'green'],
  bad: ['✖', 'red'],
  ask: ['?', 'yellow'],
  plain: ['·', 'dim'],
}

/** A question is shown whole, everything else on one line. */
function marked({ kind, text }: RunLine, terminal: Terminal): string[] {
  const [mark, style] = marks[kind]
  const width = terminal.columns - 3
  const lines = kind === 'ask' ? wrapText(text, width) : [cutText(text, width)]
  return lines.map((line, at) => `${at === 0 ? terminal.styleError(style, mark) : ' '} ${line}`)
}

/** The text in exactly so many columns. */
function fitted(text: string, width: number): string {
  const short = cutText(text, Math.max(0, width))
  return short + ' '.repeat(Math.max(0, width - textWidth(short)))
}
