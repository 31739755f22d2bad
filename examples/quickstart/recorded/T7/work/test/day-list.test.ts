import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDayList, parseDayList } from '../src/day-list.ts'

test('reads days and ranges of days', () => {
  assert.deepEqual(parseDayList('Mo-We, Su'), ['Mo', 'Tu', 'We', 'Su'])
})

test('sorts by the week and drops doubles', () => {
  assert.deepEqual(parseDayList('Su, Mo, Su'), ['Mo', 'Su'])
})

test('reads a range over the end of the week', () => {
  assert.deepEqual(parseDayList('Sa-Mo'), ['Mo', 'Sa', 'Su'])
})

test('reads daily as the whole week', () => {
  assert.equal(parseDayList('daily').length, 7)
})

test('writes days as short as it can', () => {
  assert.equal(formatDayList(['Mo', 'Tu', 'We', 'Th', 'Fr', 'Su']), 'Mo-Fr, Su')
  assert.equal(formatDayList(['Su', 'Sa']), 'Sa, Su')
  assert.equal(formatDayList(parseDayList('Mo-We, Fr')), 'Mo-We, Fr')
})
