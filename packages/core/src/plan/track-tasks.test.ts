import { describe, expect, it } from 'vitest'

import type { PlanTask } from './plan.ts'
import { trackTasks } from './track-tasks.ts'

describe('tracking tasks [S3-03, X-12]', () => {
  it('does what its page shows', () => {
    // #region track
    const result = trackTasks([
      { id: 'schema', estimate: 30 },
      { id: 'logo', estimate: 20 },
      { id: 'api', estimate: 60, dependsOn: ['schema'] },
      { id: 'page', estimate: 45, dependsOn: ['api', 'logo'] },
    ])
    if (!result.ok) throw new Error(result.problems[0]?.message)
    const { tracked } = result

    expect(tracked.ready()).toEqual(['schema', 'logo'])
    expect(tracked.finish('schema')).toEqual({ ok: true, ready: ['api'] })
    expect(tracked.add({ id: 'tests', estimate: 15, dependsOn: ['api'] }).ok).toBe(true)

    const refused = tracked.addDependency('api', 'page')
    expect(refused.ok ? [] : refused.problems[0]?.tasks).toEqual(['api', 'page', 'api'])

    expect(tracked.analysis().criticalPath.length).toBe(135)
    expect(tracked.changeEstimate('api', { min: 20, max: 40 }).ok).toBe(true)
    expect(tracked.lowerBound(2)).toBe(105)
    // #endregion track
  })

  it('tells which tasks can start when one is finished', () => {
    const tracked = track([
      { id: 'build', dependsOn: ['parse', 'lint'] },
      { id: 'parse' },
      { id: 'lint' },
      { id: 'ship', dependsOn: ['build'] },
    ])
    expect(tracked.ready()).toEqual(['parse', 'lint'])
    expect(tracked.finish('lint')).toEqual({ ok: true, ready: [] })
    expect(tracked.finish('parse')).toEqual({ ok: true, ready: ['build'] })
    expect(tracked.finish('parse')).toEqual({ ok: true, ready: [] })
    expect(tracked.ready()).toEqual(['build'])
  })

  it('begins with what is done already', () => {
    const result = trackTasks([{ id: 'a' }, { id: 'b', dependsOn: ['a'] }], { done: ['a'] })
    expect(result.ok && result.tracked.ready()).toEqual(['b'])
  })

  it('names what is wrong with the tasks, and who is done without being there', () => {
    expect(trackTasks([{ id: 'a', dependsOn: ['b'] }])).toMatchObject({
      ok: false,
      problems: [{ kind: 'missing', tasks: ['a', 'b'] }],
    })
    expect(trackTasks([{ id: 'a' }], { done: ['z'] })).toMatchObject({
      ok: false,
      problems: [{ kind: 'missing', tasks: ['z'] }],
    })
  })

  it('refuses a dependency that closes a cycle, and changes nothing', () => {
    const tracked = track([
      { id: 'a', dependsOn: ['b'] },
      { id: 'b', dependsOn: ['c'] },
      { id: 'c' },
    ])
    expect(tracked.addDependency('c', 'a')).toEqual({
      ok: false,
      problems: [
        {
          kind: 'cycle',
          tasks: ['c', 'a', 'b', 'c'],
          message:
            'c cannot wait for a: these tasks would wait for each other, so none could start: c -> a -> b -> c. Leave that dependency out, or remove another of these.',
        },
      ],
    })
    expect(tracked.ready()).toEqual(['c'])
  })

  it('refuses what names nobody, itself, or what is there already', () => {
    const tracked = track([{ id: 'a' }, { id: 'b' }])
    const kinds = (change: ReturnType<typeof tracked.finish>) =>
      change.ok ? [] : change.problems.map(({ kind }) => kind)
    expect(kinds(tracked.finish('z'))).toEqual(['missing'])
    expect(kinds(tracked.addDependency('a', 'z'))).toEqual(['missing'])
    expect(kinds(tracked.addDependency('z', 'a'))).toEqual(['missing'])
    expect(kinds(tracked.addDependency('a', 'a'))).toEqual(['self'])
    expect(kinds(tracked.removeDependency('a', 'b'))).toEqual(['missing'])
    expect(kinds(tracked.changeEstimate('a', -1))).toEqual(['invalid-estimate'])
    expect(kinds(tracked.add({ id: 'a' }))).toEqual(['duplicate'])
    expect(kinds(tracked.add({ id: '' }))).toEqual(['invalid-id'])
    expect(kinds(tracked.add({ id: 'c', dependsOn: ['c', 'z'] }))).toEqual(['self', 'missing'])
    expect(kinds(tracked.add(null as unknown as PlanTask))).toEqual(['invalid-id'])
    expect(tracked.size).toBe(2)
  })

  it('takes added tasks into account at once', () => {
    const tracked = track([{ id: 'a', estimate: 5 }])
    expect(tracked.add({ id: '__proto__', dependsOn: ['a', 'a'], estimate: 7 })).toEqual({
      ok: true,
      ready: [],
    })
    expect(tracked.analysis().criticalPath.length).toBe(12)
    expect(tracked.changeEstimate('__proto__', { min: 1, max: 3 }).ok).toBe(true)
    expect(tracked.analysis().criticalPath.length).toBe(7)
    expect(tracked.addDependency('a', '__proto__')).toMatchObject({
      ok: false,
      problems: [{ tasks: ['a', '__proto__', 'a'] }],
    })
    expect(tracked.removeDependency('__proto__', 'a')).toEqual({ ok: true, ready: ['__proto__'] })
    expect(tracked.lowerBound(1)).toBe(7)
    expect(tracked.lowerBound(2)).toBe(5)
  })

  it('answers on a ladder of ten thousand layers, upwards and downwards', () => {
    const tasks = Array.from({ length: 20_000 }, (_, at): PlanTask => {
      const layer = at >> 1
      return {
        id: `${layer}${at % 2 === 0 ? 'l' : 'r'}`,
        dependsOn: layer === 0 ? [] : [`${layer - 1}l`, `${layer - 1}r`],
      }
    })
    const tracked = track(tasks)
    const refused = tracked.addDependency('0l', '9999r')
    expect(refused.ok ? 0 : refused.problems[0]!.tasks.length).toBe(10_001)
    expect(tracked.add({ id: 'roof', dependsOn: [] }).ok).toBe(true)
    expect(tracked.addDependency('0l', 'roof').ok).toBe(true)
    expect(tracked.addDependency('roof', '9999l').ok).toBe(false)
    expect(tracked.analysis().layers.count).toBe(10_001)
  })

  it('takes dependencies in the worst order without taking all day', () => {
    const size = 20_000
    const tracked = track(Array.from({ length: size }, (_, at) => ({ id: `t${at}` })))
    for (let at = size - 1; at > 0; at--) {
      expect(tracked.addDependency(`t${at - 1}`, `t${at}`).ok).toBe(true)
    }
    expect(tracked.addDependency(`t${size - 1}`, 't0').ok).toBe(false)
    expect(tracked.analysis().layers.count).toBe(size)
    expect(tracked.ready()).toEqual([`t${size - 1}`])
  })
})

function track(tasks: readonly PlanTask[]) {
  const result = trackTasks(tasks)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.tracked
}
