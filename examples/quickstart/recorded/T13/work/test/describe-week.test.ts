import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeWeek } from '../src/describe-week.ts'
import { parseWeek } from '../src/week.ts'

test('puts days with the same times on one line', () => {
  assert.deepEqual(describeWeek(parseWeek('Mo-Fr 09:00-17:30; Sa, Su closed')).split('\n'), [
    'Mo-Fr   09:00-17:30',
    'Sa, Su  closed',
  ])
})

test('lines the times up', () => {
  const lines = describeWeek(parseWeek('Mo-Fr 09:00-17:30; Sa 10:00-14:00; Su closed')).split('\n')
  assert.deepEqual(lines, ['Mo-Fr  09:00-17:30', 'Sa     10:00-14:00', 'Su     closed'])
})

test('orders lines by their first day', () => {
  const lines = describeWeek(parseWeek('Tu, Th 13:00-18:00; Mo, We, Fr 09:00-12:00')).split('\n')
  assert.deepEqual(
    lines.map((line) => line.slice(0, 10).trim()),
    ['Mo, We, Fr', 'Tu, Th', 'Sa, Su'],
  )
})

test('can be read again', () => {
  const week = parseWeek('Mo-We, Fr 08:00-12:00, 13:00-17:00; Th 10:00-24:00')
  assert.deepEqual(parseWeek(describeWeek(week)), week)
})
