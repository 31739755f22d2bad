import { styleText } from 'node:util'

import {
  cutText,
  type RunActivity,
  type RunLine,
  type RunPicture,
  type RunView,
  textWidth,
} from '@cueline/core'
import { createLogUpdate } from 'log-update'

export interface Screen {
  lines(lines: readonly RunLine[]): void
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
  const redraw = () => {
    draw(
      `\n${paint(view.picture(), width(), now())}\n\n${bar(view.picture(), width(), now() - startedAt)}`,
    )
  }
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
      draw(`\n${bar(view.picture(), width(), now() - startedAt)}`)
      draw.done()
    },
  }
}

/** The lanes and below them what waits for an answer, at most `width` columns wide. */
export function paint({ lanes, waiting }: RunPicture, width: number, now: number): string {
  const codes = [...lanes, ...waiting].map((activity) => textWidth(activity?.task ?? ''))
  const codeWidth = Math.min(12, Math.max(3, ...codes))
  const titleWidth = Math.max(8, Math.min(24, width - codeWidth - 48))
  const row = (label: string, activity: RunActivity | null) => {
    const left = `  ${label.padStart(2)}  `
    if (activity === null) return styleText('dim', `${left}${'·'.padEnd(codeWidth)}  free`)
    const took = seconds(now - activity.since).padStart(7)
    const task = styleText('cyan', fitted(activity.task, codeWidth))
    const title = fitted(activity.title, titleWidth)
    const room = width - left.length - codeWidth - titleWidth - took.length - 5
    return `${left}${task}  ${title}  ${fitted(retried(activity), Math.max(4, room))} ${took}`
  }
  return [
    ...lanes.map((activity, lane) => row(String(lane + 1), activity)),
    ...waiting.map((activity) => row('?', activity)),
  ].join('\n')
}

/** How far it is. */
export function bar({ total, done, failed }: RunPicture, width: number, elapsedMs: number): string {
  const share = total === 0 ? 0 : (done + failed) / total
  const length = Math.max(4, Math.min(40, width - 56))
  const filled = Math.round(length * share)
  const failures = failed === 0 ? '' : styleText('red', `, ${failed} failed`)
  const drawn =
    styleText('green', '█'.repeat(filled)) + styleText('dim', '░'.repeat(length - filled))
  return `  ${drawn}  ${done} of ${total} tasks${failures}  ${Math.round(100 * share)} %  ${seconds(elapsedMs)}`
}

function retried({ attempt, doing }: RunActivity): string {
  return attempt > 1 ? `${doing} (attempt ${attempt})` : doing
}

function mark({ kind, text }: RunLine, width: number): string {
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

/** Milliseconds as seconds with one digit. */
function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}
