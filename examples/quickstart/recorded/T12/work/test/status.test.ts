import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDate } from '../src/calendar-date.ts'
import { parseExceptions } from '../src/exceptions.ts'
import { statusAt } from '../src/status.ts'
import { parseWeek } from '../src/week.ts'

const office = { week: parseWeek('Mo-Fr 09:00-17:00') }
const thursday = parseDate('2026-12-24')

test('is open inside the hours', () => {
  const until = { date: thursday, minute: 17 * 60 }
  assert.deepEqual(statusAt(office, thursday, 10 * 60), { open: true, until })
  assert.equal(statusAt(office, thursday, 17 * 60 - 1).open, true)
  assert.equal(statusAt(office, thursday, 17 * 60).open, false)
})

test('is closed before the hours', () => {
  const until = { date: thursday, minute: 9 * 60 }
  assert.deepEqual(statusAt(office, thursday, 8 * 60), { open: false, until })
})

test('looks past the weekend', () => {
  const until = { date: parseDate('2026-12-28'), minute: 9 * 60 }
  assert.deepEqual(statusAt(office, parseDate('2026-12-25'), 18 * 60), { open: false, until })
})

test('prefers an exception to the week', () => {
  const exceptions = parseExceptions('2026-12-24 09:00-13:00')
  assert.equal(statusAt({ ...office, exceptions }, thursday, 14 * 60).open, false)
  assert.equal(statusAt({ ...office, exceptions }, thursday, 12 * 60).open, true)
})

test('stays open over midnight', () => {
  const bar = { week: parseWeek('Sa 20:00-24:00; Su 00:00-02:00') }
  const until = { date: parseDate('2026-12-27'), minute: 2 * 60 }
  assert.deepEqual(statusAt(bar, parseDate('2026-12-26'), 23 * 60), { open: true, until })
})

test('knows when nothing will change', () => {
  for (const [text, open] of [
    ['daily closed', false],
    ['daily 00:00-24:00', true],
  ] as const) {
    assert.deepEqual(statusAt({ week: parseWeek(text) }, thursday, 600), { open, until: null })
  }
})
