import { describe, expect, it } from 'vitest'
import { batchId, World } from '../staging/world.arbitrary.ts'
import { addToLoad, admission, emptyLoad, type Load } from './admission.ts'

function oneTask() {
  const world = new World({ maxParallelTasks: 3 }).add({ line: 'seed', account: 'oak' })
  world.stage('spring', ['seed'], { maxParallelTasks: 2 })
  const { project, now } = world
  const [task, batch] = [world.task('seed'), world.batch('spring')]
  const admit = (load: Load, until = 0) => {
    const hold = { projectId: project.id, account: 'oak', until, reason: 'slow down' }
    return admission(task, batch, project, load, new Map([['oak', hold]]), now)
  }
  return { task, batch, now, admit }
}

const load = (total: number, inBatch: number): Load => ({
  total,
  byBatch: new Map([[batchId('spring'), inBatch]]),
  byAccount: new Map(),
})

describe('admission [S2-02]', () => {
  it('admits while the project and the batch have room', () => {
    const { admit } = oneTask()
    expect(admit(emptyLoad)).toBeNull()
    expect(admit(load(2, 1))).toBeNull()
  })

  it('names the limit that stands in the way', () => {
    const { admit } = oneTask()
    expect(admit(load(3, 0))).toEqual({
      kind: 'project-full',
      message: '3 of 3 tasks of the project run',
    })
    expect(admit(load(2, 2))).toEqual({
      kind: 'batch-full',
      message: '2 of 2 tasks of batch "spring" run',
    })
  })

  it('waits for a held account until its very millisecond', () => {
    const { admit, now } = oneTask()
    expect(admit(emptyLoad, now + 1)).toEqual({
      kind: 'account-held',
      message: 'account "oak" is held for another 1 s: slow down',
    })
    expect(admit(emptyLoad, now)).toBeNull()
  })

  it('counts what it has admitted, and leaves the load it was given alone', () => {
    const { task, batch, admit } = oneTask()

    const one = addToLoad(emptyLoad, task, batch)
    const two = addToLoad(one, task, batch)

    expect([one.total, one.byBatch.get(batch.id), one.byAccount.get('oak')]).toEqual([1, 1, 1])
    expect(admit(one)).toBeNull()
    expect(admit(two)?.kind).toBe('batch-full')
    expect(emptyLoad).toEqual({ total: 0, byBatch: new Map(), byAccount: new Map() })
  })
})
