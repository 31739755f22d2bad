import { describe, expect, it } from 'vitest'

import { wrapText } from './wrap-text.ts'

describe('wrapped text', () => {
  it('breaks between words and keeps its indent', () => {
    expect(wrapText('one two three four', 9, '  ')).toEqual(['  one two', '  three', '  four'])
  })

  it('keeps a word that is too long, and counts wide characters twice', () => {
    expect(wrapText('a incomprehensibilities b', 10)).toEqual(['a', 'incomprehensibilities', 'b'])
    expect(wrapText('温室 温室 温室', 9)).toEqual(['温室 温室', '温室'])
  })

  it('does not count colours', () => {
    expect(wrapText('\u001b[31merror:\u001b[39m it broke', 15)).toHaveLength(1)
  })
})
