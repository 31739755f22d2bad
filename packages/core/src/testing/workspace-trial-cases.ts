import { CuelineError } from '../error.ts'
import type { Landed } from '../workspace/workspace.ts'
import { check, equal } from './check.ts'
import { type ContractCase, settled, within } from './contract.ts'
import {
  patienceMs,
  never,
  confirmed,
  request,
  started,
  tried,
  startedApart,
  triedGroup,
  landedWith,
} from './workspace-steps.ts'
import type { WorkspaceSubject } from './workspace-suite.ts'

/** Merges that are tried, of one workspace and of several together. */
export const workspaceTrialCases: readonly ContractCase<WorkspaceSubject>[] = [
  {
    id: 'workspace.conflict',
    title: 'a path changed here and there is a conflict that overwrites nothing and holds nothing',
    async run(subject) {
      await landedWith(subject, { 'a.txt': 'base', 'b.txt': 'base' })
      const late = await started(subject, { 'a.txt': 'late', 'free.txt': 'late' })
      const deleting = await started(subject, { 'a.txt': null })
      await landedWith(subject, { 'a.txt': 'early' })
      for (const workspace of [late, deleting]) {
        const trial = await within(
          patienceMs,
          subject.provider.tryMerge(workspace, never),
          'tryMerge',
        )
        check(!trial.ok, 'a trial with a conflict must not be ok')
        equal(trial.conflicts, ['a.txt'])
        if (trial.changed !== undefined) {
          check(trial.changed.includes('a.txt'), 'changed must name the path in conflict')
        }
        check(trial.message !== '', 'the message of a conflict is empty')
      }
      equal(await subject.readResult('a.txt'), 'early')
      equal(await subject.readResult('free.txt'), null, 'the rest of work that conflicts')
      await landedWith(subject, { 'b.txt': 'after' })
      equal(await subject.readResult('b.txt'), 'after', 'work that comes after')
    },
  },
  {
    id: 'workspace.conflict-added',
    title: 'two that add the same path differently conflict; the same content does not',
    async run(subject) {
      const same = await started(subject, { 'new.txt': 'first', 'more.txt': '1' })
      const other = await started(subject, { 'new.txt': 'other' })
      await landedWith(subject, { 'new.txt': 'first' })
      const conflict = await subject.provider.tryMerge(other, never)
      check(!conflict.ok, 'different content must conflict')
      await subject.provider.land(await tried(subject.provider, same), confirmed)
      equal(await subject.readResult('new.txt'), 'first')
      equal(await subject.readResult('more.txt'), '1')
    },
  },
  {
    id: 'workspace.try-again',
    title: 'trying again gives up the former trial, and lands the later work',
    async run(subject) {
      const { provider } = subject
      const workspace = await started(subject, { 'a.txt': '1' })
      const former = await tried(provider, workspace)
      await subject.write(workspace, 'a.txt', '2')
      const later = await tried(provider, workspace)
      check('error' in (await settled(provider.land(former, confirmed))), 'land of the former')
      equal(await subject.readResult('a.txt'), null)
      await provider.land(later, confirmed)
      equal(await subject.readResult('a.txt'), '2')
    },
  },
  {
    id: 'workspace.stale-trial',
    title: 'a trial that was given up cannot be landed any more',
    async run(subject) {
      const { provider } = subject
      const trial = await tried(provider, await started(subject, { 'a.txt': '1' }))
      await provider.abandon(trial)
      const outcome = await settled(provider.land(trial, confirmed))
      check('error' in outcome, 'land must reject')
      equal(await subject.readResult('a.txt'), null)
    },
  },
  {
    id: 'workspace.abort-trial',
    title: 'a trial that was aborted before it began is none, and disturbs nobody',
    async run(subject) {
      const { provider } = subject
      const workspace = await started(subject, { 'b.txt': '1' })
      const outcome = await within(
        patienceMs,
        settled(provider.tryMerge(workspace, AbortSignal.abort(new Error('shutting down')))),
        'the aborted trial',
      )
      check('error' in outcome, 'an aborted trial must reject')
      await landedWith(subject, { 'c.txt': '1' })
      await provider.land(await tried(provider, workspace), confirmed)
      equal(await subject.readResult('b.txt'), '1')
    },
  },
  {
    id: 'workspace.abort-prepare',
    title: 'an aborted preparation leaves no workspace',
    async run({ provider }) {
      const outcome = await settled(provider.prepare(request(), AbortSignal.abort()))
      check('error' in outcome, 'prepare must reject')
      equal(await provider.list(), [])
    },
  },
  {
    id: 'workspace.group-lands-all',
    title:
      'a group shows all of its work together, and lands as the trial was, each of it by its own',
    async run(subject) {
      const { provider } = subject
      const works = await startedApart(subject, 3)
      await landedWith(subject, { 'before.txt': '1' })
      const trial = await triedGroup(provider, works)
      equal(
        trial.group?.map((each) => [each.workspace.attemptId, each.changed, each.differs]),
        works.map(({ attemptId }, at) => [attemptId, [`${at}.txt`], true]),
      )
      for (const path of ['before.txt', '0.txt', '1.txt', '2.txt']) {
        equal(await subject.readMerged(trial, path), '1', `${path} in the merged result`)
      }
      equal(await subject.readResult('0.txt'), null, 'the result before landing')
      const states = works.map(async (each) => (await provider.inspect(each))?.state)
      equal(await Promise.all(states), ['queued', 'queued', 'queued'])
      const landed = await provider.land(trial, confirmed)
      equal(landed.group?.length, 3)
      for (const [at, { attemptId, fence }] of works.entries()) {
        equal(await subject.readResult(`${at}.txt`), '1')
        equal((await provider.landed(attemptId, fence))?.merged, landed.group?.[at]?.merged)
      }
      equal(new Set(landed.group?.map(({ merged }) => merged)).size, 3, 'landings')
      const again = await provider.land(trial, confirmed)
      const mergedOf = ({ group }: Landed) => group?.map(({ merged }) => merged)
      equal(mergedOf(again), mergedOf(landed), 'landing it twice')
      for (const each of works) equal(await provider.remove(each), { salvaged: null })
    },
  },
  {
    id: 'workspace.group-all-or-nothing',
    title: 'a group lands nothing where it is not confirmed, or something else has landed since',
    async run(subject) {
      const { provider } = subject
      const works = await startedApart(subject, 2)
      const refused = await triedGroup(provider, works)
      const lost = settled(provider.land(refused, () => Promise.reject(new Error('lost'))))
      check('error' in (await lost), 'a rejected confirmation must reject')
      const late = await triedGroup(provider, works)
      await landedWith(subject, { 'between.txt': '1' })
      const outcome = await settled(provider.land(late, confirmed))
      check('error' in outcome, 'a landing on what was not tried must reject')
      check(
        outcome.error instanceof CuelineError && outcome.error.retryable,
        'it can be tried again',
      )
      for (const [at, { attemptId, fence }] of works.entries()) {
        equal(await subject.readResult(`${at}.txt`), null)
        equal(await provider.landed(attemptId, fence), null)
      }
    },
  },
  {
    id: 'workspace.group-conflict',
    title:
      'a group names who contradicts what is before it, and holds nothing; its first ones land',
    async run(subject) {
      const { provider } = subject
      const [one, other] = await startedApart(subject, 2)
      const against = await started(subject, { '0.txt': 'other' })
      if (one === undefined || other === undefined) throw new Error('There is no work.')
      const all = provider.tryMergeGroup?.([one, against, other], never)
      const trial = await within(patienceMs, all ?? Promise.reject(new Error('absent')), 'a group')
      check(!trial.ok, 'a group with a conflict must not be ok')
      equal(trial.workspace.attemptId, against.attemptId)
      equal(trial.conflicts, ['0.txt'])
      // What was tried of more stays beside what was tried of less.
      const whole = await triedGroup(provider, [one, other])
      const first = await tried(provider, one)
      await provider.abandon(whole)
      await provider.land(first, confirmed)
      equal(await subject.readResult('0.txt'), '1')
      equal(await subject.readResult('1.txt'), null)
    },
  },
]
