import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstFree, freeSlots } from '../src/free-slots.ts'

const open = [{ from: 540, to: 720 }]

test('finds the gaps between bookings', () => {
  assert.deepEqual(freeSlots({ open, bookings: [{ from: 600, to: 630 }], length: '30m' }), [
    { from: 540, to: 600 },
    { from: 630, to: 720 },
  ])
})

test('drops gaps that are too short', () => {
  assert.deepEqual(freeSlots({ open, bookings: [{ from: 560, to: 690 }], length: '30m' }), [
    { from: 690, to: 720 },
  ])
})

test('ignores a booking without length', () => {
  assert.deepEqual(freeSlots({ open, bookings: [{ from: 600, to: 600 }], length: '1h' }), open)
})

test('leaves nothing on a full day', () => {
  assert.deepEqual(freeSlots({ open, bookings: [{ from: 500, to: 800 }], length: '5m' }), [])
})

test('finds the first free appointment', () => {
  const slot = firstFree({ open, bookings: [{ from: 540, to: 570 }], length: '45m' })
  assert.deepEqual(slot, { from: 570, to: 615 })
})

test('says null when nothing fits', () => {
  assert.equal(firstFree({ open, bookings: [], length: '4h' }), null)
})
