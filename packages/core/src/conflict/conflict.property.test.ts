import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { analyzeConflicts } from './analyze-conflicts.ts'
import { inferDependencies } from './infer-dependencies.ts'
import { matchesGlob } from './matches-glob.ts'
import { predictTouches } from './predict-touches.ts'

const word = fc.constantFrom(
  'src/pump.ts',
  'pump.ts',
  'PumpControl',
  'after',
  'T1',
  'T2',
  'task',
  '#3',
  'create',
  'TaskStore',
  'roof',
  'src/**',
  '*',
  '__proto__',
  'constructor',
  'fix(pump):',
  '\u0000',
  'ß',
  '🌱',
  '\ud800',
)
const text = fc.oneof(
  fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
  fc.string({ maxLength: 60, unit: 'binary' }),
)
const path = fc.oneof(
  fc.constantFrom(
    'src/pump.ts',
    'a/b/pump.ts',
    '__proto__',
    'src/*.ts',
    'src/**',
    'constructor/x.ts',
  ),
  fc.string({ maxLength: 20 }),
)
const task = fc.record({
  title: text,
  description: text,
  touches: fc.array(path, { maxLength: 3 }),
})
const tasks = fc
  .array(task, { maxLength: 8 })
  .map((all) => all.map((one, at) => ({ id: at === 0 ? '__proto__' : `T${at}`, ...one })))
const history = fc.array(
  fc.record({ title: text, body: text, files: fc.array(path, { maxLength: 4 }) }),
  {
    maxLength: 5,
  },
)
const files = fc.array(path, { maxLength: 6 })

describe('conflict analysis of any text [S4-02, S3-03]', () => {
  it('predicts only probabilities, without doubles, the same each time', () => {
    fc.assert(
      fc.property(task, files, history, (one, paths, past) => {
        const touches = predictTouches(one, { files: paths, history: past })
        expect(new Set(touches.map((touch) => touch.path)).size).toBe(touches.length)
        for (const { score, evidence } of touches) {
          expect(score > 0 && score <= 1).toBe(true)
          expect(evidence.length).toBeGreaterThan(0)
        }
        expect(predictTouches(one, { files: paths, history: past })).toEqual(touches)
      }),
    )
  })

  it('is symmetric: the order of the tasks changes only the order of the answer', () => {
    fc.assert(
      fc.property(tasks, files, history, (all, paths, past) => {
        const found = (given: typeof all) =>
          new Map(
            analyzeConflicts(given, { files: paths, history: past, threshold: 0.1 }).map(
              ({ tasks: pair, confidence }) => [pair.toSorted().join(), confidence.toFixed(9)],
            ),
          )
        const forth = found(all)
        const back = found(all.toReversed())
        expect(back.size).toBe(forth.size)
        for (const [pair, confidence] of forth) expect(back.get(pair)).toBe(confidence)
      }),
    )
  })

  it('finds every pair that declares a common path', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a.ts', 'b/a.ts', '__proto__', 'c'), {
          minLength: 2,
          maxLength: 9,
        }),
        (own) => {
          const found = analyzeConflicts(
            own.map((touch, at) => ({ id: `${at}`, touches: [touch] })),
          )
          const expected = own.flatMap((one, at) =>
            own.flatMap((other, to) => (to > at && one === other ? [`${at},${to}`] : [])),
          )
          expect(found.map((conflict) => conflict.tasks.join())).toEqual(expected)
        },
      ),
    )
  })

  it('infers edges from later to earlier only, one per pair', () => {
    fc.assert(
      fc.property(tasks, (all) => {
        const place = new Map(all.map(({ id }, at) => [id, at]))
        const edges = inferDependencies(all, { threshold: 0 })
        for (const edge of edges) {
          expect(place.get(edge.dependsOn)!).toBeLessThan(place.get(edge.task)!)
        }
        expect(new Set(edges.map((edge) => `${edge.task},${edge.dependsOn}`)).size).toBe(
          edges.length,
        )
      }),
    )
  })

  it('matches globs as the definition says', () => {
    const sign = fc.constantFrom('a', 'b', '/', '*', '**', '?')
    fc.assert(
      fc.property(
        fc.array(sign, { maxLength: 6 }),
        fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 6 }),
        (signs, letters) => {
          const pattern = signs.join('')
          expect(matchesGlob(pattern, letters.join(''))).toBe(defined(pattern, letters.join('')))
        },
      ),
    )
  })

  it.each([
    ['slashes', '/'.repeat(1_000_000)],
    ['dots', '.'.repeat(1_000_000)],
    ['one name', 'a'.repeat(1_000_000)],
    ['capitals', 'aB'.repeat(500_000)],
    ['lines', ':1'.repeat(500_000)],
    ['words', 'after T1 task #3 src/a.ts '.repeat(40_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['hyphens', 'a-'.repeat(500_000)],
  ])(
    'reads a megabyte of %s without hanging',
    (_, body) => {
      const one = { id: 'T1', title: body, description: body }
      const other = { id: 'T2', title: 'x', description: body }
      predictTouches(one, {
        files: ['src/a.ts'],
        history: [{ title: body, body, files: ['src/a.ts'] }],
      })
      expect(analyzeConflicts([one, other]).length).toBeLessThan(2)
      expect(inferDependencies([one, other]).length).toBeLessThan(2)
      expect(({} as Record<string, unknown>).T1).toBeUndefined()
    },
    10_000,
  )
})

/** The definition, by trying everything; only for short inputs. */
function defined(pattern: string, path: string): boolean {
  if (pattern === '') return path === ''
  if (pattern.startsWith('**/')) {
    const rest = pattern.slice(3)
    if (defined(rest, path)) return true
    return path.split('').some((letter, at) => letter === '/' && defined(rest, path.slice(at + 1)))
  }
  const lengths = Array.from({ length: path.length + 1 }, (_, at) => at)
  if (pattern.startsWith('**'))
    return lengths.some((at) => defined(pattern.slice(2), path.slice(at)))
  if (pattern.startsWith('*')) {
    return lengths.some(
      (at) => !path.slice(0, at).includes('/') && defined(pattern.slice(1), path.slice(at)),
    )
  }
  const [letter] = path
  if (letter === undefined) return false
  const fits = pattern[0] === '?' ? letter !== '/' : pattern[0] === letter
  return fits && defined(pattern.slice(1), path.slice(1))
}
