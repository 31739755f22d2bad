import type { Board } from './board.arbitrary.ts'
import { batchId, taskId } from './garden.arbitrary.ts'

/** Nobody interferes any more, and every agent succeeds: all that is staged gets done. */
export function drainBoard(board: Board): void {
  const { world, model } = board
  const all = [...model.tasks.keys()].map(taskId)
  world.do({ type: 'project.resume' })
  world.do({ type: 'project.update', settings: { stuckPolicy: 'hold' } })
  if (model.batches.size === 0) board.createBatch(2)
  for (const name of model.batches.keys()) {
    world.do({ type: 'batch.update', batchId: batchId(name), set: { autoPromote: true } })
    world.do({ type: 'batch.resume', batchId: batchId(name) })
  }
  world.do({ type: 'tasks.retry', taskIds: all })
  const [last] = [...model.batches.keys()].toReversed()
  for (const id of all) {
    const task = world.task(id)
    if (task.status === 'staged' || task.status === 'todo') {
      world.do({ type: 'task.update', taskId: id, set: { contextReady: true } })
    }
    if (task.status === 'todo') world.stage(last ?? '', [id])
  }
  for (let round = 0; round < 200; round += 1) {
    world.advance(3)
    world.claim(3)
    for (const request of world.state.requests.values()) {
      if (request.status === 'open') world.answer(request.id, 'green')
    }
    for (const claim of world.liveClaims()) {
      const { status } = world.attempt(claim)
      if (status === 'waiting') {
        const { ok } = world.tryWrite(claim, { type: 'attempt.resume', load: world.load() })
        if (!ok) continue
      }
      if (status === 'waiting' || status === 'running') {
        world.write(claim, { type: 'attempt.verify', summary: 'done' })
      }
      const merged = board.setup.merges ? 'commit' : null
      world.write(claim, { type: 'attempt.succeed', verdicts: [], merged })
    }
    if (all.every((id) => world.task(id).status === 'done')) return
    world.now += 3_700_000
  }
  const waiting = all.filter((id) => world.task(id).status !== 'done')
  throw new Error(waiting.map((id) => `${id}: ${world.why(id).join('; ')}`).join('\n'))
}
