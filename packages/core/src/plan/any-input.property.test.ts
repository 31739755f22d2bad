import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { planTasks } from '../timed-plan.ts'
import { revisePlan, whatIf } from '../timed-questions.ts'
import { simulateSchedule } from './simulate-schedule.ts'
import { suggestNextBatch } from './suggest-next-batch.ts'
import { trackTasks } from './track-tasks.ts'

/** Whatever programs without types may hand over, half of it near to what is right. */
const odd = fc.oneof(
  fc.anything({ maxDepth: 2, withNullPrototype: true }),
  fc.constantFrom(null, undefined, '', 'abc', 0, -1, [], {}, [null], [{}], [{ id: null }]),
)
const tasks = [{ id: 'a' }, { id: 'b', dependsOn: ['a'] }]
const partNames = ['removeDependencies', 'remove', 'change', 'add', 'addDependencies']
const oddPatch = fc.oneof(
  odd,
  fc.dictionary(fc.constantFrom(...partNames), fc.oneof(odd, fc.array(odd, { maxLength: 3 }))),
)

function messagesOf(result: { ok: boolean; problems?: readonly { message: string }[] }) {
  return result.ok ? [] : result.problems!.map(({ message }) => message)
}

describe('tasks, options and patches that are none [S3-03, X-12]', () => {
  it('are named problems with the next step, never an error of the language', () => {
    const calls = (what: unknown): { ok: boolean }[] => [
      planTasks(what as never),
      planTasks(tasks, what as never),
      planTasks(tasks, { budgetMs: what as never, rounds: 1 }),
      planTasks(tasks, { budgetMs: 1, rounds: 1, now: what as never }),
      planTasks(tasks, { conflicts: what as never }),
      planTasks(tasks, { conflicts: [{ tasks: ['a', 'b'], evidence: what as never }] }),
      planTasks(tasks, { conflicts: [{ tasks: ['a', 'b'], kind: what as never }] }),
      simulateSchedule(what as never, { runs: 1 }),
      simulateSchedule(tasks, what as never),
      suggestNextBatch(what as never, []),
      suggestNextBatch(tasks, what as never),
      suggestNextBatch(tasks, [], what as never),
      suggestNextBatch(tasks, [], { running: what as never }),
      whatIf(what as never, {}, { workers: 2 }),
      whatIf(tasks, what as never, { workers: 2 }),
      whatIf(tasks, {}, what as never),
      trackTasks(what as never),
      trackTasks(tasks, what as never),
      trackTasks(tasks, { done: what as never }),
      revisePlan(what as never, {}, { revision: 1 }),
      revisePlan(tasks, {}, what as never),
      revisePlan(tasks, {}, { revision: 1, options: what as never }),
    ]
    fc.assert(
      fc.property(odd, (what) => {
        for (const result of calls(what)) {
          for (const message of messagesOf(result)) expect(message).toMatch(/\S.*\.$/)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('of a patch too', () => {
    fc.assert(
      fc.property(oddPatch, (patch) => {
        const result = revisePlan(tasks, patch as never, { revision: 1 })
        for (const message of messagesOf(result)) expect(message).toMatch(/\. Give .*\.$/)
      }),
      { numRuns: 500 },
    )
  })

  it('say which place is wrong', () => {
    const refused = (patch: unknown) =>
      messagesOf(revisePlan(tasks, patch as never, { revision: 1 }))
    expect(messagesOf(planTasks(null as never))).toEqual(['tasks is null. Give a list.'])
    expect(messagesOf(planTasks(tasks, null as never))).toEqual([
      'options is null. Give an object.',
    ])
    expect(messagesOf(planTasks(tasks, { budgetMs: 5, now: 5 as never }))).toEqual([
      'now is 5. With budgetMs, give a clock: a function that returns milliseconds.',
    ])
    expect(messagesOf(trackTasks(tasks, { done: 'a' }))).toEqual([
      'done is "a". Give the ids of tasks as a list or a set.',
    ])
    expect(refused(null)).toEqual([
      'patch is null. Give an object with removeDependencies, remove, change, add or addDependencies.',
    ])
    expect(refused({ change: null })).toEqual(['patch.change is null. Give a list.'])
    expect(refused({ change: [null] })).toEqual([
      'patch.change[0] is null. Give an object with task.',
    ])
    expect(refused({ remove: ['b', 5] })).toEqual(['patch.remove[1] is 5. Give the id of a task.'])
    expect(refused({ addDependencies: [{ task: 'a' }] })).toEqual([
      'patch.addDependencies[0].dependsOn is undefined. Give the id of a task.',
    ])
    expect(refused({ changes: [], remove: [] })).toEqual([
      'patch has "changes". Give an object with removeDependencies, remove, change, add or addDependencies.',
    ])
    expect(refused({ toString: [] })).toHaveLength(1)
    for (const revision of [Number.NaN, -1, 0.5]) {
      expect(messagesOf(revisePlan(tasks, {}, { revision }))).toEqual([
        `running.revision is ${revision}. Give a whole number of at least 0.`,
      ])
    }
    expect(messagesOf(revisePlan(tasks, {}, { revision: 1, keepRunning: 'no' as never }))).toEqual([
      'running.keepRunning is "no". Give true or false.',
    ])
    expect(messagesOf(revisePlan(tasks, {}, null as never))).toEqual([
      'running is null. Give an object with the revision of the plan.',
    ])
    expect(messagesOf(suggestNextBatch(tasks, 'a'))).toEqual([
      'done is "a". Give the ids of tasks as a list or a set.',
    ])
  })
})
