import fc from 'fast-check'

import type { PlanTask } from './plan.ts'

/** Ids that break programs which keep tasks in plain objects, among ordinary and random ones. */
export const anyId = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '10',
    '2',
    ' ',
    'ａ',
    'a',
  ),
  fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }),
  fc.string({ minLength: 1, maxLength: 200 }),
)

export const anyEstimate = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: 0, max: 20 }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
    .map(([min, more]) => ({ min, max: min + more })),
)

interface GraphShape {
  readonly maxTasks: number
  readonly estimate?: fc.Arbitrary<PlanTask['estimate']>
  /** Lets dependencies lead anywhere but to the task itself. */
  readonly cyclic?: boolean
}

/** Tasks with dependencies in any input order; without `cyclic` there is always an order to do them in. */
export function anyTasks({ maxTasks, estimate = anyEstimate, cyclic = false }: GraphShape) {
  return fc
    .uniqueArray(anyId, { maxLength: maxTasks, size: 'max' })
    .chain((ids) =>
      fc.record({
        ids: fc.constant(ids),
        rows: fc.array(
          fc.record({
            estimate,
            dependencies: fc.uniqueArray(fc.nat(Math.max(0, ids.length - 1)), {
              maxLength: 4,
              size: 'max',
            }),
            priority: fc.constantFrom(
              undefined,
              'high' as const,
              'normal' as const,
              'low' as const,
            ),
          }),
          { minLength: ids.length, maxLength: ids.length },
        ),
        order: fc.shuffledSubarray([...ids.keys()], { minLength: ids.length }),
      }),
    )
    .map(({ ids, rows, order }) =>
      order.map((at): PlanTask => {
        const { estimate: minutes, dependencies, priority } = rows[at]!
        return {
          id: ids[at]!,
          dependsOn: dependencies
            .filter((other) => (cyclic ? other !== at : other < at))
            .map((other, nth) => (nth % 2 === 0 ? ids[other]! : { task: ids[other]! })),
          ...(minutes === undefined ? {} : { estimate: minutes }),
          ...(priority === undefined ? {} : { priority }),
        }
      }),
    )
}

export function dependencyIds(task: PlanTask): string[] {
  return (task.dependsOn ?? []).map((entry) => (typeof entry === 'string' ? entry : entry.task))
}
