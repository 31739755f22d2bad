import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dateOf, dayNumber, formatDate, parseDate, weekdayIndex } from '../src/calendar-date.ts'

test('reads and writes a date', () => {
  assert.deepEqual(parseDate('2026-12-24'), { year: 2026, month: 12, day: 24 })
  assert.equal(formatDate(parseDate('2026-12-24')), '2026-12-24')
})

test('refuses a date that does not exist', () => {
  for (const text of ['2025-02-29', '2026-13-01', '24.12.2026']) {
    assert.throws(() => parseDate(text), { name: 'RangeError', message: new RegExp(text) })
  }
})

test('knows leap years', () => {
  assert.equal(formatDate(parseDate('2024-02-29')), '2024-02-29')
  assert.equal(formatDate(parseDate('2000-02-29')), '2000-02-29')
  assert.throws(() => parseDate('1900-02-29'), RangeError)
})

test('counts days from 1970', () => {
  const dates = ['1970-01-01', '2000-03-01', '1969-12-31'].map(parseDate)
  assert.deepEqual(dates.map(dayNumber), [0, 11017, -1])
})

test('goes back from day numbers to dates', () => {
  const first = dayNumber(parseDate('2023-01-01'))
  const last = dayNumber(parseDate('2025-12-31'))
  assert.equal(last - first + 1, 365 + 366 + 365)
  for (let number = first; number <= last; number++) {
    assert.equal(dayNumber(parseDate(formatDate(dateOf(number)))), number)
  }
  assert.equal(formatDate(dateOf(-1)), '1969-12-31')
})

test('knows the day of the week', () => {
  assert.equal(weekdayIndex(parseDate('2026-12-24')), 3)
  assert.equal(weekdayIndex(parseDate('2024-02-29')), 3)
})
