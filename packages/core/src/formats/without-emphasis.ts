/** A line without its marks for bold and struck text; what stands in backticks is left alone. */
export function withoutEmphasis(line: string): string {
  const parts = line.split('`')
  return parts
    .map((part, index) => {
      const isCode = index % 2 === 1 && index < parts.length - 1
      return isCode ? part : part.replaceAll('**', '').replaceAll('~~', '')
    })
    .join('`')
}
