import { textWidth } from '@cueline/core'

/** Words in lines of at most `width` columns; a longer word keeps a line of its own. */
export function wrapText(text: string, width: number, indent = ''): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && textWidth(withoutStyles(indent + longer)) > width) {
      lines.push(indent + line)
      line = word
    } else line = longer
  }
  lines.push(indent + line)
  return lines
}

/** The colours that `Terminal.style` puts around a text take no room. */
function withoutStyles(text: string): string {
  return text.replaceAll(styles, '')
}

// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const styles = /\u001b\[\d+m/g
