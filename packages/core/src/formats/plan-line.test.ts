import { describe, expect, it } from 'vitest'
import { parseCommand } from './parse-command.ts'
import { parseEstimate } from './parse-estimate.ts'
import { readPlanLine } from './plan-line.ts'
import { parseTestCase } from './task-parts.ts'

describe('estimates in words [X-15]', () => {
  it.each([
    ['30 min', 30],
    ['3h', 180],
    ['1.5 hours', 90],
    ['1,5 h', 90],
    ['1h 30m', 90],
    ['2 days', 960],
    ['1 week', 2400],
    ['~2h', 120],
    ['14–20 h', { min: 840, max: 1200 }],
    ['2-3 days', { min: 960, max: 1440 }],
    ['30 min to 1 h', { min: 30, max: 60 }],
    ['2-2 h', 120],
  ])('reads %s', (words, estimate) => {
    expect(parseEstimate(words)).toEqual({ estimate, unit: true })
  })

  it('takes a bare number as minutes and says that no unit stood there', () => {
    expect(parseEstimate('45')).toEqual({ estimate: 45, unit: false })
  })

  it.each(['', '0h', 'M', '5 points', '3 months', '20-14 h', '-3h', 'soon', '1'.repeat(61)])(
    'refuses %j',
    (words) => {
      expect(parseEstimate(words)).toBeUndefined()
    },
  )
})

describe('the first line of a task [X-15]', () => {
  it.each([
    ['T1 Parse (NaN min)', 'NaN min'],
    ['T1 Parse (-5 min)', '-5 min'],
    ['T1 Parse (20-10 min)', '20-10 min'],
    ['T1 Parse (0 h)', '0 h'],
    ['T1 Parse (Infinity days, high)', 'Infinity days'],
    ['T1 Parse (estimate: -2h)', '-2h'],
    ['T1 Parse - 0h', '0h'],
    ['T1 Parse (~3 h to -1 h)', '~3 h to -1 h'],
  ])(
    'keeps in its title what is written as an estimate and is none, and says so: %s',
    (line, words) => {
      const { noEstimate, estimate, title } = readPlanLine(line, { numbers: false })
      expect([noEstimate, estimate]).toEqual([words, undefined])
      expect(title).toContain(words)
    },
  )

  it.each(['T1 Parse (3h)', 'T1 Parse (v2)', 'T1 Parse (5 points)', 'T1 Add 10 m', 'T1 Parse (m)'])(
    'takes nothing else for one: %s',
    (line) => {
      expect(readPlanLine(line, { numbers: false }).noEstimate).toBeUndefined()
    },
  )

  it.each([
    ['T1: Parse', 'T1', 'Parse'],
    ['T001 Parse', 'T001', 'Parse'],
    ['**T1**: Parse', 'T1', 'Parse'],
    ['`T1` Parse', 'T1', 'Parse'],
    ['[T1] Parse', 'T1', 'Parse'],
    ['TASK-12 Parse', 'TASK-12', 'Parse'],
    ['Task 3: Parse', '3', 'Parse'],
    ['Story 1.2 - Parse', '1.2', 'Parse'],
    ['A: Parse', 'A', 'Parse'],
    ['12. Parse', '12', 'Parse'],
    ['1.2 Parse', '1.2', 'Parse'],
    ['SHA256 of a file', undefined, 'SHA256 of a file'],
    ['HTTP2 support', undefined, 'HTTP2 support'],
    ['Match **/*.ts and **/*.js', undefined, 'Match **/*.ts and **/*.js'],
  ])('finds the id of %s', (line, id, title) => {
    expect(readPlanLine(line, { numbers: true })).toMatchObject({ id, title })
  })

  it('takes a bare number as an id only where tasks are numbered', () => {
    expect(readPlanLine('3. Goals', { numbers: false })).toMatchObject({ id: undefined })
  })

  it('reads what stands in brackets and leaves the rest of the title alone', () => {
    expect(
      readPlanLine('T4 [P] [US2] Draw (the bed) (30m, high, after T1, T2 and T3)', {
        numbers: false,
      }),
    ).toEqual({
      id: 'T4',
      title: 'Draw (the bed)',
      estimate: { value: 30, words: '30m' },
      waits: ['T1, T2 and T3'],
      parallel: true,
      story: 'US2',
      priority: 'high',
      type: undefined,
    })
  })

  it('keeps a bracket in the title when a part of it is not understood', () => {
    expect(readPlanLine('T1 Dig (2h, ask Ada)', { numbers: false })).toMatchObject({
      title: 'Dig (2h, ask Ada)',
      estimate: { value: 120 },
    })
  })

  it('reads an estimate after a dash', () => {
    expect(readPlanLine('T1 Dig - 2 days', { numbers: false })).toMatchObject({
      title: 'Dig',
      estimate: { value: 960 },
    })
  })
})

describe('test cases in words [S3-01]', () => {
  it.each([
    ['dry: given soil 3 expected water', 'dry', 'soil 3', 'water'],
    ['dry: given soil 3, expect water', 'dry', 'soil 3', 'water'],
    ['Given soil 3 then water', 'Given soil 3 then water', 'soil 3', 'water'],
    ['dry: soil 3 → water', 'dry', 'soil 3', 'water'],
    ['dry: it waters', 'dry', '', 'it waters'],
    ['it waters', 'it waters', '', 'it waters'],
  ])('reads %s', (line, name, given, expected) => {
    expect(parseTestCase(line)).toEqual({ name, given, expected })
  })
})

describe('commands of gates [S3-01]', () => {
  it.each([
    ['node --test', ['node', '--test']],
    [`node -e "a b" 'c d' e"f"`, ['node', '-e', 'a b', 'c d', 'ef']],
    ['tsc -p src/**/*.json', ['tsc', '-p', 'src/**/*.json']],
    [`echo ""`, ['echo', '']],
  ])('splits %s', (line, words) => {
    expect(parseCommand(line)).toEqual(words)
  })

  it.each([
    'a && b',
    'a | b',
    'a; b',
    'a > b',
    'a $B',
    'a `b`',
    'A=1 b',
    '"open',
    '',
    '"$HOME"',
    '$(a)',
  ])('refuses %j, which needs a shell', (line) => {
    expect(parseCommand(line)).toBeUndefined()
  })
})
