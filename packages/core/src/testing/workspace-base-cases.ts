import { CuelineError } from '../error.ts'
import { check, equal } from './check.ts'
import { type ContractCase, settled } from './contract.ts'
import {
  never,
  confirmed,
  request,
  started,
  tried,
  startedApart,
  startedUpon,
  triedGroup,
  landedWith,
} from './workspace-steps.ts'
import type { WorkspaceSubject } from './workspace-suite.ts'

/** Workspaces that start from what has landed, or from work that has not. */
export const workspaceBaseCases: readonly ContractCase<WorkspaceSubject>[] = [
  {
    id: 'workspace.after',
    title: 'what starts after others have landed has what they landed',
    async run(subject) {
      const { landed: first } = await landedWith(subject, { 'first.txt': '1' })
      const { landed: second } = await landedWith(subject, { 'second.txt': '2' })
      const after = [first.merged, second.merged]
      const workspace = await subject.provider.prepare({ ...request(), after }, never)
      equal(await subject.read(workspace, 'first.txt'), '1')
      equal(await subject.read(workspace, 'second.txt'), '2')
    },
  },
  {
    id: 'workspace.upon',
    title:
      'what starts upon work that has not landed has it, and lands its own changes only, after it',
    async run(subject) {
      const { provider } = subject
      equal(provider.stacks, true, 'stacks')
      await landedWith(subject, { 'a.txt': 'landed\n' })
      const parent = await started(subject, { 'a.txt': 'parent\n' })
      const child = await startedUpon(subject, [parent], { 'child.txt': '1' })
      await landedWith(subject, { 'other.txt': '1' })
      const grandchild = await startedUpon(subject, [child], { 'a.txt': 'grandchild\n' })
      for (const path of ['child.txt', 'other.txt']) {
        equal(await subject.read(grandchild, path), '1', path)
      }
      equal(await subject.read(child, 'a.txt'), 'parent\n')
      const trial = await tried(provider, child)
      equal(trial.changed, ['child.txt'])
      await provider.abandon(trial)
      for (const each of [parent, child, grandchild]) {
        await provider.land(await tried(provider, each), confirmed)
        await provider.remove(each)
      }
      equal(await subject.readResult('a.txt'), 'grandchild\n')
      equal(await subject.readResult('child.txt'), '1')
      equal(await subject.readResult('other.txt'), '1')
    },
  },
  {
    id: 'workspace.upon-several',
    title: 'what starts upon several has the work of all, or is told which paths contradict',
    async run(subject) {
      const { provider } = subject
      const works = await startedApart(subject, 2)
      const upon = await startedUpon(subject, works)
      equal(await subject.read(upon, '0.txt'), '1')
      equal(await subject.read(upon, '1.txt'), '1')
      const against = await started(subject, { '0.txt': 'other' })
      const outcome = await settled(startedUpon(subject, [...works, against]))
      check('error' in outcome, 'work that contradicts each other is nothing to start from')
      const { error } = outcome
      check(error instanceof CuelineError && error.retryable, 'it can be tried again')
      check(error.code === 'refused' && error.message.includes('0.txt'), 'it names the path')
      check(typeof error.details.retryAfterMs === 'number', 'it says when to try again')
      equal((await provider.list()).length, 4, 'workspaces')
    },
  },
  {
    id: 'workspace.upon-given-up',
    title: 'what was built upon work that is given up does not land, and nothing starts from that',
    async run(subject) {
      const { provider } = subject
      const parent = await started(subject, { 'parent.txt': '1' })
      const child = await startedUpon(subject, [parent], { 'child.txt': '1' })
      await provider.remove(parent)
      const trial = await provider.tryMerge(child, never)
      check(!trial.ok, 'work upon what was given up must not be ok')
      check(trial.message.includes('parent of the suite'), 'it names the task')
      const outcome = await settled(startedUpon(subject, [parent]))
      check('error' in outcome, 'what is gone is nothing to start from')
      check(outcome.error instanceof CuelineError && outcome.error.retryable, 'try again')
      const { salvaged } = await provider.remove(child)
      check(salvaged !== null, 'its work is kept')
      equal(await subject.readSalvaged(salvaged, 'child.txt'), '1')
      equal(await subject.readResult('parent.txt'), null)
    },
  },
  {
    id: 'workspace.upon-group',
    title: 'a group lands work with what is built upon it',
    async run(subject) {
      const { provider } = subject
      await landedWith(subject, { 'a.txt': 'landed\n' })
      const parent = await started(subject, { 'a.txt': 'parent\n' })
      const child = await startedUpon(subject, [parent], { 'a.txt': 'child\n' })
      await provider.land(await triedGroup(provider, [parent, child]), confirmed)
      equal(await subject.readResult('a.txt'), 'child\n')
    },
  },
]
