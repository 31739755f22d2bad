import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTimeList, parseTimeList } from '../src/time-list.ts'

test('reads ranges between commas', () => {
  assert.deepEqual(parseTimeList('09:00-12:00, 13:00-17:30'), [
    { from: 540, to: 720 },
    { from: 780, to: 1050 },
  ])
})

test('reads closed as no time at all', () => {
  assert.deepEqual(parseTimeList('closed'), [])
})

test('refuses a range past midnight and says what to do', () => {
  assert.throws(() => parseTimeList('22:00-02:00'), { name: 'RangeError', message: /end it at 24:00/ })
})

test('refuses half a range', () => {
  for (const text of ['09:00', '09:00-12:00,']) {
    assert.throws(() => parseTimeList(text), { name: 'RangeError', message: new RegExp(`"${text}"`) })
  }
})

test('writes what it read', () => {
  for (const text of ['09:00-12:00, 13:00-17:30', 'closed']) {
    assert.equal(formatTimeList(parseTimeList(text)), text)
  }
})
