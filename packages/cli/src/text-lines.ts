import { printableText } from '@cueline/core'

import type { Terminal } from './terminal.ts'
import { wrapText } from './wrap-text.ts'

/** A text of the core as it stands on a terminal: nothing that moves a cursor, no line too long. */
export function textLines(text: string, { columns }: Terminal): string[] {
  return text.split('\n').flatMap((line) => wrapText(printableText(line), columns))
}
