import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeSpans, subtractSpans, totalMinutes } from '../src/span-set.ts'

const span = (from: number, to: number) => ({ from, to })

test('joins spans that overlap or touch', () => {
  const spans = [span(780, 900), span(540, 600), span(600, 660), span(850, 1000)]
  assert.deepEqual(mergeSpans(spans), [span(540, 660), span(780, 1000)])
})

test('leaves its arguments as they were', () => {
  const spans = Object.freeze([span(600, 660), span(540, 600)])
  assert.deepEqual(mergeSpans(spans), [span(540, 660)])
})

test('takes spans out of spans', () => {
  const taken = [span(1000, 1100), span(600, 630)]
  assert.deepEqual(subtractSpans([span(540, 1020)], taken), [span(540, 600), span(630, 1000)])
})

test('leaves nothing where all is taken', () => {
  assert.deepEqual(subtractSpans([span(540, 600)], [span(500, 700)]), [])
})

test('counts every minute once', () => {
  assert.equal(totalMinutes([span(540, 600), span(570, 660)]), 120)
})
