import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatClockTime, parseClockTime } from '../src/clock-time.ts'

test('reads a time of day as minutes since midnight', () => {
  assert.equal(parseClockTime('09:30'), 570)
  assert.equal(parseClockTime('0:05'), 5)
})

test('knows the end of the day', () => {
  assert.equal(parseClockTime('24:00'), 1440)
})

test('refuses what is no time of day', () => {
  for (const text of ['24:01', '9:5', '12:60', 'noon']) {
    assert.throws(() => parseClockTime(text), { name: 'RangeError', message: new RegExp(text) })
  }
})

test('writes a time of day with two digits each', () => {
  assert.equal(formatClockTime(570), '09:30')
  assert.equal(formatClockTime(1440), '24:00')
  for (let minutes = 0; minutes <= 1440; minutes++) {
    assert.equal(parseClockTime(formatClockTime(minutes)), minutes)
  }
})
