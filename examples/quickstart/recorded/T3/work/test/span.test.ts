import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds, makeSpan, overlap, spanMinutes } from '../src/span.ts'

test('has a length in minutes', () => {
  assert.equal(spanMinutes(makeSpan(540, 720)), 180)
})

test('holds its first minute and not its last', () => {
  const morning = makeSpan(540, 720)
  assert.equal(holds(morning, 540), true)
  assert.equal(holds(morning, 720), false)
})

test('overlaps only where both hold a minute', () => {
  const morning = makeSpan(540, 720)
  assert.equal(overlap(morning, makeSpan(719, 800)), true)
  assert.equal(overlap(morning, makeSpan(720, 800)), false)
})

test('refuses a span without length', () => {
  assert.throws(() => makeSpan(600, 600), RangeError)
  assert.throws(() => makeSpan(600, 540), RangeError)
})

test('refuses a span outside of the day', () => {
  assert.throws(() => makeSpan(-1, 60), RangeError)
  assert.throws(() => makeSpan(1400, 1441), RangeError)
})
