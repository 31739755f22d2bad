import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayNumber, parseDate } from '../src/calendar-date.ts'
import { parseExceptions } from '../src/exceptions.ts'

const day = (text: string) => dayNumber(parseDate(text))

test('reads the times of one date', () => {
  const exceptions = parseExceptions('2026-12-24 09:00-13:00')
  assert.deepEqual([...exceptions], [[day('2026-12-24'), [{ from: 540, to: 780 }]]])
})

test('reads a range of dates', () => {
  const exceptions = parseExceptions('2026-12-24..2026-12-26 closed')
  assert.deepEqual([...exceptions.keys()], [day('2026-12-24'), day('2026-12-25'), day('2026-12-26')])
  assert.deepEqual([...exceptions.values()], [[], [], []])
})

test('skips empty lines and comments', () => {
  assert.equal(parseExceptions('\n# Christmas\n').size, 0)
})

test('refuses a range that runs backwards', () => {
  const line = '2026-12-26..2026-12-24 closed'
  assert.throws(() => parseExceptions(line), { name: 'RangeError', message: new RegExp(line) })
})

test('refuses a range of more than a year', () => {
  assert.throws(() => parseExceptions('2026-01-01..2027-01-02 closed'), RangeError)
})

test('refuses two lines for one date', () => {
  const text = '2026-12-25 closed\n2026-12-24..2026-12-26 closed'
  assert.throws(() => parseExceptions(text), { name: 'RangeError', message: /2026-12-25/ })
})
