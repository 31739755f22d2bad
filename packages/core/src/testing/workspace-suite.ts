import { CuelineError } from '../error.ts'
import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '../id.ts'
import type { Landed, TrialMerge, Workspace, WorkspaceProvider } from '../workspace/workspace.ts'
import { check, equal } from './check.ts'
import {
  registerContract,
  settled,
  within,
  type ContractCase,
  type KnownGaps,
  type TestFramework,
} from './contract.ts'
import { seededRandom } from './seeded-random.ts'

/** A provider over a result that holds nothing yet, and hands to look into it. */
export interface WorkspaceSubject {
  readonly provider: WorkspaceProvider
  /** The same result as a new process finds it, while `provider` is still open. */
  readonly reopen: () => Promise<WorkspaceProvider>
  /** Writes a file of a workspace, as an agent does; null deletes it. */
  readonly write: (workspace: Workspace, path: string, content: string | null) => Promise<void>
  readonly read: (workspace: Workspace, path: string) => Promise<string | null>
  /** What gates see of a successful trial. */
  readonly readMerged: (trial: TrialMerge, path: string) => Promise<string | null>
  readonly readResult: (path: string) => Promise<string | null>
  /** A file among what `remove` kept under this name. */
  readonly readSalvaged: (salvaged: string, path: string) => Promise<string | null>
}

export interface WorkspaceSuiteOptions {
  readonly create: () => Promise<WorkspaceSubject> | WorkspaceSubject
  readonly destroy?: (subject: WorkspaceSubject) => Promise<void> | void
  readonly knownGaps?: KnownGaps
}

/** The contract of workspaces that merge. */
export function workspaceSuite(framework: TestFramework, options: WorkspaceSuiteOptions): void {
  registerContract(framework, { name: 'workspace', cases, ...options })
}

const patienceMs = 15_000
const never = new AbortController().signal
const confirmed = async () => {}

let serial = 0

/** A request nobody has made before; codes are as hostile as trackers allow. */
function request(code = 'task', fence = 1) {
  serial += 1
  return {
    projectId: 'project_suite' as ProjectId,
    taskId: `task_${serial}` as TaskId,
    workOrderId: `order_${serial}` as WorkOrderId,
    code,
    title: `${code} in words`,
    attemptId: `attempt_suite-${serial}` as AttemptId,
    fence,
  }
}

async function started(
  { provider, write }: WorkspaceSubject,
  files: Readonly<Record<string, string | null>> = {},
): Promise<Workspace> {
  const workspace = await provider.prepare(request(), never)
  for (const [path, content] of Object.entries(files)) await write(workspace, path, content)
  return workspace
}

async function tried(provider: WorkspaceProvider, workspace: Workspace) {
  const trial = await within(patienceMs, provider.tryMerge(workspace, never), 'tryMerge')
  if (!trial.ok) throw new Error(`Unexpected conflicts: ${trial.conflicts.join(', ')}`)
  return trial
}

/** Each with a file of its own. */
async function startedApart(subject: WorkspaceSubject, count: number): Promise<Workspace[]> {
  const works: Workspace[] = []
  for (let at = 0; at < count; at += 1) works.push(await started(subject, { [`${at}.txt`]: '1' }))
  return works
}

/** Upon the work of these, as it is now. */
async function startedUpon(
  { provider, write }: WorkspaceSubject,
  works: readonly Workspace[],
  files: Readonly<Record<string, string>> = {},
): Promise<Workspace> {
  const upon = works.map(({ attemptId, fence }) => {
    return { attemptId, fence, code: 'parent of the suite' }
  })
  const workspace = await provider.prepare({ ...request(), upon }, never)
  for (const [path, content] of Object.entries(files)) await write(workspace, path, content)
  return workspace
}

async function triedGroup(provider: WorkspaceProvider, workspaces: readonly Workspace[]) {
  if (provider.tryMergeGroup === undefined) throw new Error('It merges no groups.')
  const trying = provider.tryMergeGroup(workspaces, never)
  const trial = await within(patienceMs, trying, 'tryMergeGroup')
  if (!trial.ok) throw new Error(`Unexpected conflicts: ${trial.conflicts.join(', ')}`)
  return trial
}

async function landedWith(
  subject: WorkspaceSubject,
  files: Readonly<Record<string, string | null>>,
): Promise<{ readonly workspace: Workspace; readonly landed: Landed }> {
  const workspace = await started(subject, files)
  const trial = await tried(subject.provider, workspace)
  return { workspace, landed: await subject.provider.land(trial, confirmed) }
}

const cases: readonly ContractCase<WorkspaceSubject>[] = [
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
    id: 'workspace.remove-keeps-work',
    title: 'removing unmerged work keeps it first, and says where',
    async run(subject) {
      await landedWith(subject, { 'a.txt': '1', 'same.txt': '1' })
      const workspace = await started(subject, { 'a.txt': 'unmerged', 'deep/new.txt': 'unmerged' })
      const { salvaged } = await subject.provider.remove(workspace)
      check(salvaged !== null, 'unmerged work must be salvaged')
      equal(await subject.readSalvaged(salvaged, 'a.txt'), 'unmerged')
      equal(await subject.readSalvaged(salvaged, 'deep/new.txt'), 'unmerged')
      const again = { salvaged: null, gone: true }
      equal(await subject.provider.remove(workspace), again, 'a second removal')
      const left = (await subject.provider.list()).map((each) => each.attemptId)
      check(!left.includes(workspace.attemptId), 'the workspace is still listed')
    },
  },
  {
    id: 'workspace.remove-keeps-conflicts',
    title: 'work that could not merge, or came after the landing, is kept when it is removed',
    async run(subject) {
      const loser = await started(subject, { 'a.txt': 'loser' })
      const { workspace } = await landedWith(subject, { 'a.txt': 'winner' })
      await subject.provider.tryMerge(loser, never)
      const conflicting = await subject.provider.remove(loser)
      check(conflicting.salvaged !== null, 'conflicting work must be salvaged')
      equal(await subject.readSalvaged(conflicting.salvaged, 'a.txt'), 'loser')
      await subject.write(workspace, 'late.txt', 'late')
      const late = await subject.provider.remove(workspace)
      check(late.salvaged !== null, 'work after the landing must be salvaged')
      equal(await subject.readSalvaged(late.salvaged, 'late.txt'), 'late')
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
  {
    id: 'workspace.remove-clean',
    title: 'removing what is merged, unchanged or unknown keeps nothing and is harmless',
    async run(subject) {
      const { workspace } = await landedWith(subject, { 'a.txt': '1' })
      const idle = await started(subject)
      for (const each of [workspace, idle]) {
        equal(await subject.provider.remove(each), { salvaged: null })
      }
      equal(await subject.provider.remove(request()), { salvaged: null, gone: true })
      equal(await subject.readResult('a.txt'), '1')
    },
  },
  {
    id: 'workspace.list',
    title: 'list tells all workspaces, also to another process, which can finish them',
    async run(subject) {
      const one = await started(subject, { 'a.txt': '1' })
      const reopened = await subject.reopen()
      const found = await reopened.list()
      equal(
        found.map((each) => [each.attemptId, each.fence]),
        [[one.attemptId, one.fence]],
      )
      const { salvaged } = await reopened.remove(one)
      check(salvaged !== null, 'the work of another process must be salvaged too')
      equal(await subject.provider.list(), [])
      await reopened.close()
    },
  },
  {
    id: 'workspace.inspect-states',
    title: 'inspect tells fresh, dirty, queued and merged work, and the paths that have not landed',
    async run(subject) {
      const { provider } = subject
      const workspace = await started(subject)
      const look = async () => {
        const found = await provider.inspect(workspace)
        return [found?.state, found?.changed]
      }
      equal(await look(), ['fresh', []])
      await subject.write(workspace, 'b.txt', '1')
      await subject.write(workspace, 'a.txt', '1')
      equal(await look(), ['dirty', ['a.txt', 'b.txt']])
      await subject.write(workspace, 'b.txt', null)
      const trial = await tried(provider, workspace)
      equal(await look(), ['queued', ['a.txt']], 'while its trial holds the merge lease')
      await provider.abandon(trial)
      equal(await look(), ['dirty', ['a.txt']], 'after a trial that was given up')
      await provider.land(await tried(provider, workspace), confirmed)
      equal(await look(), ['merged', []])
      await subject.write(workspace, 'late.txt', '1')
      equal(await look(), ['dirty', ['late.txt']], 'work that came after the landing')
    },
  },
  {
    id: 'workspace.inspect-elsewhere',
    title: 'inspect tells the same to another process, and null of what is not there',
    async run(subject) {
      const workspace = await started(subject, { 'a.txt': '1' })
      const reopened = await subject.reopen()
      const found = await reopened.inspect(workspace)
      equal(found?.state, 'dirty')
      equal(found?.workspace, workspace, 'the workspace')
      equal(await subject.provider.inspect(request()), null, 'of an unknown attempt')
      await reopened.remove(workspace)
      equal(await subject.provider.inspect(workspace), null, 'of a removed one')
      await reopened.close()
    },
  },
  {
    id: 'workspace.inspect-disturbs-nobody',
    title: 'inspect at the same time as work, trials and removals leaves them as they are',
    async run(subject) {
      const { provider } = subject
      const workspace = await started(subject, { 'a.txt': '1' })
      const looks = Array.from({ length: 4 }, () => provider.inspect(workspace))
      const trial = await tried(provider, workspace)
      await Promise.all([...looks, provider.inspect(workspace)])
      await provider.land(trial, confirmed)
      equal(await subject.readResult('a.txt'), '1')
      const late = await Promise.all([provider.inspect(workspace), provider.remove(workspace)])
      equal(late[1], { salvaged: null })
    },
  },
  {
    id: 'workspace.kept',
    title: 'kept lists what removals have kept, also to another process, and nothing else',
    async run(subject) {
      const { provider } = subject
      await provider.remove((await landedWith(subject, { 'a.txt': '1' })).workspace)
      await provider.remove(await started(subject))
      equal(await provider.kept(), [])
      const unmerged = await started(subject, { 'b.txt': '1' })
      const { salvaged } = await provider.remove(unmerged)
      const reopened = await subject.reopen()
      for (const each of [provider, reopened]) {
        equal(
          (await each.kept()).map(({ attemptId, kind, name }) => [attemptId, kind, name]),
          [[unmerged.attemptId, 'salvage', salvaged]],
        )
      }
      await reopened.close()
    },
  },
  {
    id: 'workspace.hostile-codes',
    title: 'codes of any shape are data, never a path',
    async run(subject) {
      for (const code of [
        '../../outside',
        '/etc/passwd',
        'line\nbreak',
        '--force',
        '.git/config',
        'ünï\u202Ecode\0',
        'x'.repeat(300),
        '',
      ]) {
        const workspace = await subject.provider.prepare(request(code), never)
        await subject.write(workspace, 'a.txt', code.length.toString())
        await subject.provider.land(await tried(subject.provider, workspace), confirmed)
        equal(await subject.readResult('a.txt'), code.length.toString())
        await subject.provider.remove(workspace)
      }
      equal(await subject.provider.list(), [])
    },
  },
  {
    id: 'workspace.nothing-is-lost',
    title: 'many at once, with conflicts and retries, bring every piece of work together',
    run: (subject) => nothingIsLost(subject),
  },
]

/** Each worker adds a file and a line to a shared file, again and again until it has landed. */
async function nothingIsLost(subject: WorkspaceSubject): Promise<void> {
  const workers = 8
  const random = seededRandom(7)
  const providers = [subject.provider, await subject.reopen()]
  const first = await landedWith(subject, { 'shared.txt': 'start\n' })
  await subject.provider.remove(first.workspace)
  let turn: Promise<unknown> = Promise.resolve()
  const work = async (worker: number): Promise<void> => {
    for (;;) {
      const provider = providers[Math.floor(random() * providers.length)] as WorkspaceProvider
      const workspace = await provider.prepare(request(), never)
      const shared = await subject.read(workspace, 'shared.txt')
      await subject.write(workspace, 'shared.txt', `${shared}worker ${worker}\n`)
      await subject.write(workspace, `own/${worker}.txt`, `${worker}`)
      const merge = async () => {
        const trial = await provider.tryMerge(workspace, never)
        const lands = trial.ok && random() < 0.8
        if (trial.ok && !lands) await provider.abandon(trial)
        return lands && !('error' in (await settled(provider.land(trial, confirmed))))
      }
      // Mostly one after the other, as the engine does; now and then somebody comes in between.
      const waits = random() < 0.8
      const merging = waits ? turn.then(merge) : merge()
      if (waits) turn = merging
      const done = await merging
      await provider.remove(workspace)
      if (done) return
    }
  }
  await Promise.all(Array.from({ length: workers }, (_none, worker) => work(worker)))
  const lines = ((await subject.readResult('shared.txt')) ?? '').trim().split('\n').toSorted()
  equal(lines, ['start', ...Array.from({ length: workers }, (_none, worker) => `worker ${worker}`)])
  for (let worker = 0; worker < workers; worker += 1) {
    equal(await subject.readResult(`own/${worker}.txt`), `${worker}`)
  }
  equal(await subject.provider.list(), [])
  await providers[1]?.close()
}
