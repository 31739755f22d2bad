import { printableText } from './printable-text.ts'

/**
 * Text from outside as XML text or attribute value, on one line: markup is escaped, and characters
 * that XML does not allow become blanks.
 */
export function escapeXml(text: string): string {
  return printableText(text.replaceAll(/[\ufffe\uffff]/g, ' ')).replaceAll(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  )
}
