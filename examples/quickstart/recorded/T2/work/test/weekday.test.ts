import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWeekday, weekdays, weekdaysBetween } from '../src/weekday.ts'

test('knows the week from Monday to Sunday', () => {
  assert.equal(weekdays.length, 7)
  assert.equal(weekdays[0], 'Mo')
  assert.equal(weekdays[6], 'Su')
})

test('reads every spelling of a day', () => {
  assert.deepEqual(['mo', 'Tue', 'WEDNESDAY'].map(parseWeekday), ['Mo', 'Tu', 'We'])
})

test('refuses what is no day', () => {
  for (const text of ['Mon day', 'x']) {
    assert.throws(() => parseWeekday(text), { name: 'RangeError', message: new RegExp(text) })
  }
})

test('lists days over the end of the week', () => {
  assert.deepEqual(weekdaysBetween('Sa', 'Mo'), ['Sa', 'Su', 'Mo'])
  assert.deepEqual(weekdaysBetween('We', 'We'), ['We'])
})
