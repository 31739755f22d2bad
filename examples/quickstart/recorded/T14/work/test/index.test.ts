import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openingHours } from '../src/index.ts'

const week = 'Mo-Fr 09:00-17:00'

test('tells whether it is open', () => {
  const status = openingHours(week).statusAt('2026-12-23', '10:00')
  assert.deepEqual(status, { open: true, until: '2026-12-23 17:00' })
})

test('finds a free slot on a date', () => {
  assert.equal(openingHours(week).freeSlots('2026-12-23', '09:00-10:00', '30m'), '10:00-17:00')
})

test('respects exceptions', () => {
  const office = openingHours(week, { exceptions: '2026-12-24 closed' })
  assert.equal(office.statusAt('2026-12-24', '10:00').open, false)
  assert.equal(office.freeSlots('2026-12-24', 'closed', '30m'), 'closed')
})

test('describes the week and adds it up', () => {
  const office = openingHours(week)
  assert.equal(office.describe(), 'Mo-Fr   09:00-17:00\nSa, Su  closed')
  assert.equal(office.minutesPerWeek, 2400)
})
