import { describe, expect, it } from 'vitest'
import { queueWords } from './queue-words.ts'

describe('the place in the merge queue [X-06]', () => {
  it('is said as people say it', () => {
    expect(queueWords(1, 'main')).toBe('merging into main')
    const places = [2, 3, 4, 11, 12, 13, 21, 22, 23, 111, 112]
    expect(places.map((each) => /\((\S+) in/.exec(queueWords(each, 'main'))?.[1])).toEqual([
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
      '22nd',
      '23rd',
      '111th',
      '112th',
    ])
  })
})
