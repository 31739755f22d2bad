import { printableText } from '@cueline/core'

import type { RequestView } from './request-view.ts'
import { wrapText } from './wrap-text.ts'

/** What is asked, and how to answer it. */
export function requestLines(requests: readonly RequestView[], width: number): string[] {
  return requests.flatMap(({ id, task, text, options, status, answer, answeredBy }) => {
    const [first = '', ...rest] = wrapText(
      `${printableText(task)} asks: ${printableText(text)}`,
      width - 2,
    )
    return [
      `- ${first}`,
      ...rest.map((line) => `  ${line}`),
      ...options.map((option) => `  * ${printableText(option)}`),
      status === 'open'
        ? `  cueline answer ${quoted(answerName(requests, id, task))} "${options[0] === undefined ? '…' : printableText(options[0])}"`
        : `  ${status}${answer === null ? '' : ` "${printableText(answer)}" by ${printableText(answeredBy ?? '')}`}`,
    ]
  })
}

/** The task's code where that names one open request, else the id. */
function answerName(requests: readonly RequestView[], id: string, task: string): string {
  const open = requests.filter((request) => request.task === task && request.status === 'open')
  return open.length === 1 ? printableText(task) : id
}

function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `"${text}"`
}
