/**
 * Text as Mermaid shows it in any place: everything but letters, digits and harmless marks is
 * written as a character code, so nothing in it becomes syntax, Markdown, HTML or a directive.
 * Cut to `longest` characters, because Mermaid draws labels of any length.
 */
export function mermaidText(text: string, longest = 200): string {
  let shown = ''
  let length = 0
  for (const character of text) {
    length++
    if (length > longest) return `${shown}…`
    shown += harmless.test(character) ? character : `#${character.codePointAt(0)};`
  }
  return shown
}

const harmless = /[\p{L}\p{N}\p{M} .,/()…–—-]/u
