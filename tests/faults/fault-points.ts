import process from 'node:process'
import type {
  Runner,
  Storage,
  StorageTransaction,
  TrialMerge,
  WorkspaceProvider,
} from '@cueline/core'

/** Where the engine process can be killed: by name, at the given occurrence. */
export const faultPoints = [
  'transaction.before',
  'transaction.written',
  'transaction.after',
  'renew.before',
  'runner.start',
  'runner.end',
  'workspace.prepared',
  'workspace.tried',
  'land.before',
  'land.confirmed',
  'land.after',
  'remove.before',
  'remove.after',
] as const
export type FaultPoint = (typeof faultPoints)[number]

export interface Faults {
  storage(storage: Storage): Storage
  runner(runner: Runner): Runner
  workspace(workspace: WorkspaceProvider): WorkspaceProvider
}

/**
 * Wraps ports so that this process kills itself - SIGKILL, no clean-up - when the point is reached
 * for the n-th time. The code under test is the real one: it does not know of this.
 */
export function faultsAt(point: FaultPoint | null, occurrence: number): Faults {
  let left = occurrence
  const reach = (reached: FaultPoint) => {
    if (reached !== point) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
  return {
    storage: (storage) => ({
      transaction: async (work) => {
        reach('transaction.before')
        const result = await storage.transaction((transaction) =>
          work(killingAfterWrites(transaction, () => reach('transaction.written'))),
        )
        reach('transaction.after')
        return result
      },
      renew: (...given) => {
        reach('renew.before')
        return storage.renew(...given)
      },
      eventsAfter: (...given) => storage.eventsAfter(...given),
      watch: (...given) => storage.watch(...given),
      ...(storage.subscribe !== undefined && { subscribe: storage.subscribe.bind(storage) }),
      close: () => storage.close(),
    }),
    runner: (runner) => ({
      name: runner.name,
      async run(attempt, context) {
        reach('runner.start')
        const outcome = await runner.run(attempt, context)
        reach('runner.end')
        return outcome
      },
    }),
    workspace: (workspace) => ({
      name: workspace.name,
      merges: workspace.merges,
      ...(workspace.stacks !== undefined && { stacks: workspace.stacks }),
      mergeTarget: () => workspace.mergeTarget(),
      async prepare(...given) {
        const prepared = await workspace.prepare(...given)
        reach('workspace.prepared')
        return prepared
      },
      async tryMerge(...given) {
        const trial = await workspace.tryMerge(...given)
        reach('workspace.tried')
        return trial
      },
      ...(workspace.tryMergeGroup !== undefined && {
        async tryMergeGroup(...given: Parameters<NonNullable<typeof workspace.tryMergeGroup>>) {
          const trial = await tryGroup(workspace, ...given)
          reach('workspace.tried')
          return trial
        },
      }),
      async land(trial, confirm) {
        reach('land.before')
        const landed = await workspace.land(trial, async () => {
          await confirm()
          reach('land.confirmed')
        })
        reach('land.after')
        return landed
      },
      abandon: (trial) => workspace.abandon(trial),
      async remove(...given) {
        reach('remove.before')
        const removed = await workspace.remove(...given)
        reach('remove.after')
        return removed
      },
      list: () => workspace.list(),
      inspect: (...given) => workspace.inspect(...given),
      kept: () => workspace.kept(),
      landed: (...given) => workspace.landed(...given),
      close: () => workspace.close(),
    }),
  }
}

function tryGroup(
  { tryMergeGroup }: WorkspaceProvider,
  ...given: Parameters<NonNullable<WorkspaceProvider['tryMergeGroup']>>
): Promise<TrialMerge> {
  if (tryMergeGroup === undefined) throw new Error('It merges no groups.')
  return tryMergeGroup(...given)
}

function killingAfterWrites(
  transaction: StorageTransaction,
  afterWrite: () => void,
): StorageTransaction {
  return {
    now: transaction.now,
    load: (keys) => transaction.load(keys),
    async write(...given) {
      const stored = await transaction.write(...given)
      afterWrite()
      return stored
    },
    lease: (...given) => transaction.lease(...given),
    release: (ids) => transaction.release(ids),
    held: (claims) => transaction.held(claims),
    prune: (...given) => transaction.prune(...given),
    query: (name, input) => transaction.query(name, input),
  }
}
