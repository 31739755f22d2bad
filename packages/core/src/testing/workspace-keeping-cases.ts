import type { WorkspaceProvider } from '../workspace/workspace.ts'
import { check, equal } from './check.ts'
import { type ContractCase, settled } from './contract.ts'
import { seededRandom } from './seeded-random.ts'
import { never, confirmed, request, started, tried, landedWith } from './workspace-steps.ts'
import type { WorkspaceSubject } from './workspace-suite.ts'

/** What is kept of workspaces that are removed, and what can be told of those that are there. */
export const workspaceKeepingCases: readonly ContractCase<WorkspaceSubject>[] = [
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
