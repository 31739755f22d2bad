import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, parseDuration } from '../src/duration.ts'

test('reads hours and minutes', () => {
  assert.deepEqual(['1h 30m', '2 h', '45 min'].map(parseDuration), [90, 120, 45])
})

test('reads a clock-like length and bare minutes', () => {
  assert.deepEqual(['1:30', '90'].map(parseDuration), [90, 90])
})

test('refuses what is no length of time', () => {
  for (const text of ['', 'soon', '1:75', '0 min']) {
    assert.throws(() => parseDuration(text), { name: 'RangeError', message: new RegExp(`"${text}"`) })
  }
})

test('writes a length in the form that was chosen', () => {
  assert.deepEqual([90, 120, 45].map(formatDuration), ['1:30', '2:00', '0:45'])
  for (let minutes = 1; minutes <= 1440; minutes++) {
    assert.equal(parseDuration(formatDuration(minutes)), minutes)
  }
})
