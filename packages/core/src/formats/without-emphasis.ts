/**
 * A line without its marks for bold and struck text; what stands in backticks is left alone, and so
 * are stars that are no pair.
 */
export function withoutEmphasis(line: string): string {
  const parts = line.split('`')
  return parts
    .map((part, index) => {
      const isCode = index % 2 === 1 && index < parts.length - 1
      return isCode ? part : part.replace(bold, '$1').replaceAll('~~', '')
    })
    .join('`')
}

/** Only pairs around words: two stars alone are a glob. */
const bold = /\*\*([^*\s](?:[^*]{0,500}[^*\s])?)\*\*/g
