import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWeek, weekMinutes } from '../src/week.ts'

const workday = [{ from: 540, to: 1050 }]

test('gives every day of a rule its times', () => {
  const week = parseWeek('Mo-Fr 09:00-17:30')
  assert.deepEqual(Object.keys(week), ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'])
  assert.deepEqual([week.Mo, week.Fr, week.Sa, week.Su], [workday, workday, [], []])
})

test('lets a later rule replace an earlier one', () => {
  const week = parseWeek('Mo-Fr 09:00-17:30; We 09:00-12:00')
  assert.deepEqual([week.Tu, week.We], [workday, [{ from: 540, to: 720 }]])
})

test('merges the times of one rule', () => {
  assert.deepEqual(parseWeek('Mo 09:00-12:00, 11:00-13:00').Mo, [{ from: 540, to: 780 }])
})

test('reads rules on lines and skips empty ones', () => {
  const week = parseWeek('Mo 09:00-17:30\n\nSu closed\nSa 09:00-17:30\n')
  assert.deepEqual([week.Mo, week.Sa, week.Su], [workday, workday, []])
})

test('refuses a rule without times and shows the rule', () => {
  assert.throws(() => parseWeek('Mo-Fr'), { name: 'RangeError', message: /"Mo-Fr"/ })
})

test('adds up the week', () => {
  assert.equal(weekMinutes(parseWeek('Mo-Fr 09:00-17:00; Sa 10:00-12:00')), 2520)
})
