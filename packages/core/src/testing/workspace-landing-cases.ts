import { CuelineError } from '../error.ts'
import { check, equal } from './check.ts'
import { type ContractCase, settled, within } from './contract.ts'
import {
  patienceMs,
  never,
  confirmed,
  request,
  started,
  tried,
  landedWith,
} from './workspace-steps.ts'
import type { WorkspaceSubject } from './workspace-suite.ts'

/** What lands, when, and as whose work. */
export const workspaceLandingCases: readonly ContractCase<WorkspaceSubject>[] = [
  {
    id: 'workspace.private',
    title: 'what is written in a workspace shows nowhere else before it lands',
    async run(subject) {
      const one = await started(subject, { 'a.txt': 'one' })
      const other = await started(subject)
      await tried(subject.provider, one).then((trial) => subject.provider.abandon(trial))
      equal(await subject.read(other, 'a.txt'), null, 'the other workspace')
      equal(await subject.readResult('a.txt'), null, 'the result')
      equal(await subject.read(one, 'a.txt'), 'one', 'the workspace itself')
    },
  },
  {
    id: 'workspace.lands-all',
    title: 'landing brings added, changed and deleted files into the result and later workspaces',
    async run(subject) {
      await landedWith(subject, { 'keep.txt': '1', 'gone.txt': '1', 'deep/er/file.txt': '1' })
      await landedWith(subject, { 'keep.txt': '2', 'gone.txt': null, 'new.txt': '2' })
      const later = await started(subject)
      for (const look of [
        (path: string) => subject.readResult(path),
        (path: string) => subject.read(later, path),
      ]) {
        equal(await look('keep.txt'), '2')
        equal(await look('gone.txt'), null)
        equal(await look('new.txt'), '2')
        equal(await look('deep/er/file.txt'), '1')
      }
    },
  },
  {
    id: 'workspace.names-changes',
    title: 'a trial names the paths that the work changed, and nothing else',
    async run(subject) {
      await landedWith(subject, { 'a.txt': '1', 'b.txt': '1', 'c.txt': '1' })
      const work = await started(subject, { 'a.txt': '2', 'b.txt': null, 'd.txt': '1' })
      await landedWith(subject, { 'e.txt': '1' })
      const trial = await tried(subject.provider, work)
      equal(trial.changed.toSorted(), ['a.txt', 'b.txt', 'd.txt'])
      await subject.provider.abandon(trial)
    },
  },
  {
    id: 'workspace.nothing-changed',
    title: 'work without any change lands harmlessly',
    async run(subject) {
      await landedWith(subject, { 'a.txt': '1' })
      const idle = await started(subject)
      const trial = await tried(subject.provider, idle)
      equal(trial.changed, [])
      await subject.provider.land(trial, confirmed)
      equal(await subject.readResult('a.txt'), '1')
    },
  },
  {
    id: 'workspace.differs',
    title: 'a trial tells whether something else has landed meanwhile, and shows both together',
    async run(subject) {
      const alone = await started(subject, { 'alone.txt': '1' })
      const behind = await started(subject, { 'mine.txt': '1' })
      const first = await tried(subject.provider, alone)
      equal(first.differs, false, 'differs of the first')
      await subject.provider.land(first, confirmed)
      const second = await tried(subject.provider, behind)
      equal(second.differs, true, 'differs of the second')
      equal(await subject.readMerged(second, 'alone.txt'), '1', 'the other in the merged result')
      equal(await subject.readMerged(second, 'mine.txt'), '1', 'its own in the merged result')
      equal(await subject.readResult('mine.txt'), null, 'the result before landing')
      await subject.provider.land(second, confirmed)
      equal(await subject.readResult('alone.txt'), '1')
      equal(await subject.readResult('mine.txt'), '1')
    },
  },
  {
    id: 'workspace.target',
    title: 'all processes that land at one place name it by the same words',
    async run(subject) {
      const reopened = await subject.reopen()
      const target = await subject.provider.mergeTarget()
      check(target.trim() !== '', 'the target has no name')
      equal(await reopened.mergeTarget(), target)
      await reopened.close()
    },
  },
  {
    id: 'workspace.abandon',
    title: 'a trial given up changes nothing; after land it is harmless',
    async run(subject) {
      const { provider } = subject
      const workspace = await started(subject, { 'a.txt': '1' })
      const trial = await tried(provider, workspace)
      await provider.abandon(trial)
      await provider.abandon(trial)
      equal(await subject.readResult('a.txt'), null)
      const next = await tried(provider, workspace)
      await provider.land(next, confirmed)
      const third = await tried(provider, await started(subject, { 'b.txt': '1' }))
      // Late news about old trials must not end one that somebody else has.
      await provider.abandon(trial)
      await provider.abandon(next)
      await provider.land(third, confirmed)
      equal(await subject.readResult('b.txt'), '1')
    },
  },
  {
    id: 'workspace.confirm-last',
    title: 'confirm is asked before anything is visible; when it rejects nothing lands, ever',
    async run(subject) {
      const { provider } = subject
      const workspace = await started(subject, { 'a.txt': '1', 'b.txt': '1' })
      const trial = await tried(provider, workspace)
      const lost = new Error('the lease is lost')
      let seen: string | null | undefined
      const outcome = await settled(
        provider.land(trial, async () => {
          seen = await subject.readResult('a.txt')
          throw lost
        }),
      )
      equal(seen, null, 'the result while it is confirmed')
      check(
        'error' in outcome && outcome.error === lost,
        'the rejection must pass through as it is',
      )
      equal(await provider.landed(workspace.attemptId, workspace.fence), null, 'landed')
      const reopened = await subject.reopen()
      equal(await reopened.landed(workspace.attemptId, workspace.fence), null, 'landed, later')
      equal(await subject.readResult('a.txt'), null, 'the result')
      // Neither is anything stuck, nor is the work lost.
      await landedWith(subject, { 'c.txt': '1' })
      equal(await subject.read(workspace, 'b.txt'), '1', 'the workspace')
      await reopened.close()
    },
  },
  {
    id: 'workspace.confirm-once',
    title: 'confirm is asked before a landing, and exactly once',
    async run(subject) {
      const trial = await tried(subject.provider, await started(subject, { 'a.txt': '1' }))
      let asked = 0
      await subject.provider.land(trial, async () => {
        asked += 1
      })
      equal(asked, 1)
    },
  },
  {
    id: 'workspace.superseded',
    title:
      'nothing of an earlier claim lands once a later one is prepared, though its fence was checked',
    async run(subject) {
      const { provider } = subject
      const first = request()
      const frozen = await provider.prepare(first, never)
      await subject.write(frozen, 'a.txt', 'late')
      const trial = await tried(provider, frozen)
      const other = await subject.reopen()
      const second = { ...request(), workOrderId: first.workOrderId, fence: 2 }
      const next = await other.prepare(second, never)
      const outcome = await settled(provider.land(trial, confirmed))
      const error = 'error' in outcome ? outcome.error : null
      check(error instanceof CuelineError, 'an earlier claim must not land')
      equal([error.code, error.retryable], ['conflict', true])
      equal(await subject.readResult('a.txt'), null, 'the result')
      equal(await other.landed(first.attemptId, 1), null, 'landed')
      await subject.write(next, 'a.txt', 'in time')
      await other.land(await tried(other, next), confirmed)
      equal(await subject.readResult('a.txt'), 'in time')
      await other.close()
    },
  },
  {
    id: 'workspace.idempotent',
    title: 'landing the same attempt and fence twice is harmless and tells the same',
    async run(subject) {
      const workspace = await started(subject, { 'a.txt': '1' })
      const trial = await tried(subject.provider, workspace)
      const first = await subject.provider.land(trial, confirmed)
      await landedWith(subject, { 'a.txt': '2' })
      const again = await subject.provider.land(trial, confirmed)
      equal(again.merged, first.merged, 'merged')
      equal(await subject.readResult('a.txt'), '2', 'what came after')
    },
  },
  {
    id: 'workspace.landed',
    title: 'landed tells after a restart what has landed, by attempt and fence',
    async run(subject) {
      const { workspace, landed } = await landedWith(subject, { 'a.txt': '1' })
      const waiting = await started(subject, { 'b.txt': '1' })
      const reopened = await subject.reopen()
      for (const provider of [subject.provider, reopened]) {
        const found = await provider.landed(workspace.attemptId, workspace.fence)
        equal(found?.merged, landed.merged)
        if (found?.changed !== undefined) equal(found.changed, ['a.txt'], 'changed')
        equal(await provider.landed(workspace.attemptId, workspace.fence + 1), null, 'other fence')
        equal(await provider.landed(waiting.attemptId, waiting.fence), null, 'not landed')
      }
      await reopened.close()
    },
  },
  {
    id: 'workspace.moved',
    title:
      'of two trials made with the same state one lands; the other is a retryable conflict, lands nothing, and lands when it is tried again',
    async run(subject) {
      const reopened = await subject.reopen()
      const first = await tried(subject.provider, await started(subject, { 'one.txt': '1' }))
      const two = await started(subject, { 'two.txt': '1' })
      const second = await within(patienceMs, tried(reopened, two), 'the second trial')
      await subject.provider.land(first, confirmed)
      const late = await within(patienceMs, settled(reopened.land(second, confirmed)), 'land')
      check('error' in late, 'land of what was tried before must reject')
      check(
        late.error instanceof CuelineError &&
          late.error.code === 'conflict' &&
          late.error.retryable,
        'it must reject with a retryable conflict',
      )
      equal(await subject.readResult('two.txt'), null, 'what was tried before')
      equal(await reopened.landed(two.attemptId, two.fence), null, 'landed')
      const again = await tried(reopened, two)
      equal(again.differs, true, 'the next trial has what the first has landed')
      await reopened.land(again, confirmed)
      equal(await subject.readResult('one.txt'), '1')
      equal(await subject.readResult('two.txt'), '1')
      await reopened.close()
    },
  },
]
