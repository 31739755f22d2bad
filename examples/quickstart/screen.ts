import { styleText } from 'node:util'

import { cutText, textWidth } from '@cueline/core'
import { createLogUpdate } from 'log-update'

import { type Activity, type Picture, type RunView, seconds, type ViewLine } from './run-view.ts'

export interface Screen {
  lines(lines: readonly ViewLine[]): void
  close(): void
}

/**
 * Shows a run as it goes: on a terminal the lanes, redrawn in place under the lines that stay; else
 * plain lines with the seconds since the start. `now` is the clock of the events.
 */
export function openScreen(output: NodeJS.WriteStream, view: RunView, now: () => number): Screen {
  const startedAt = now()
  if (!output.isTTY || process.env.TERM === 'dumb') {
    return {
      lines(lines) {
        for (const { text } of lines) output.write(`${clockOf(now() - startedAt)}  ${text}\n`)
      },
      close() {},
    }
  }
  const draw = createLogUpdate(output)
  const width = () => (output.columns ?? 80) - 1
  const redraw = () => draw(paint(view.picture(), startedAt, now(), width()))
  const timer = setInterval(redraw, 100)
  redraw()
  return {
    lines(lines) {
      for (const line of lines) {
        if (!line.step) draw.persist(mark(line, width()))
      }
      if (lines.length > 0) redraw()
    },
    close() {
      clearInterval(timer)
      redraw()
      draw.done()
    },
  }
}

/** The lanes, what waits, and how far it is, at most `width` columns wide. */
export function paint(picture: Picture, startedAt: number, now: number, width: number): string {
  const codes = [...picture.lanes, ...picture.waiting].map((activity) =>
    textWidth(activity?.task ?? ''),
  )
  const codeWidth = Math.min(12, Math.max(3, ...codes))
  const titleWidth = Math.max(8, Math.min(24, width - codeWidth - 48))
  const row = (label: string, activity: Activity | null) => {
    if (activity === null) return styleText('dim', `  ${label}  ${'·'.padEnd(codeWidth)}  free`)
    const took = seconds(now - activity.since).padStart(7)
    const used = 2 + label.length + 2 + codeWidth + 2 + titleWidth + 2 + took.length + 1
    const task = styleText('cyan', fitted(activity.task, codeWidth))
    const title = fitted(activity.title, titleWidth)
    const doing = fitted(retried(activity), Math.max(4, width - used))
    return `  ${label}  ${task}  ${title}  ${doing} ${took}`
  }
  const { total, done, failed, lanes, waiting } = picture
  const percent = total === 0 ? 0 : Math.round((100 * (done + failed)) / total)
  const barWidth = Math.max(10, Math.min(40, width - 44))
  const filled = total === 0 ? 0 : Math.round((barWidth * (done + failed)) / total)
  const failures = failed === 0 ? '' : styleText('red', `, ${failed} failed`)
  return [
    '',
    ...lanes.map((activity, lane) => row(String(lane + 1), activity)),
    ...waiting.map((activity) => row('?', activity)),
    '',
    `  ${styleText('green', '█'.repeat(filled))}${styleText('dim', '░'.repeat(barWidth - filled))}` +
      `  ${done} of ${total} tasks${failures}  ${percent} %  ${seconds(now - startedAt)}`,
  ].join('\n')
}

function retried({ attempt, doing }: Activity): string {
  return attempt > 1 ? `${doing} (attempt ${attempt})` : doing
}

function mark({ kind, text }: ViewLine, width: number): string {
  const line = cutText(text, width - 2)
  switch (kind) {
    case 'good':
      return `${styleText('green', '✔')} ${line}`
    case 'bad':
      return `${styleText('red', '✖')} ${line}`
    case 'ask':
      return `${styleText('yellow', '?')} ${line}`
    case 'plain':
      return styleText('dim', `  ${line}`)
  }
}

/** The text in exactly so many columns. */
function fitted(text: string, width: number): string {
  const short = cutText(text, width)
  return short + ' '.repeat(Math.max(0, width - textWidth(short)))
}

function clockOf(ms: number): string {
  return seconds(ms).padStart(7)
}
