import { chmodSync, existsSync } from 'node:fs'

import { type AttemptBrief, createCueline } from '@cueline/core'
import { deliverySuite } from '@cueline/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { never, writeAt } from '../test-repository.ts'
import { gitWorkspaces } from '../git-workspaces.ts'
import { commandPullRequests } from './command-pull-requests.ts'
import { testForge, type TestForge } from './test-forge.ts'

describe('pull requests by a command [S4-06]', () => {
  deliverySuite(
    { describe, it, fails: it.fails },
    {
      create() {
        const forge = testForge()
        const provider = forge.provider()
        const pull = (id: string) => forge.forge().pulls.find((each) => String(each.number) === id)
        return {
          forge,
          provider,
          commits: forge.commits,
          base: 'main',
          async offered(id: string) {
            const found = pull(id)
            if (found === undefined) return null
            const { title, body, head } = found
            return { commit: forge.at(head) ?? '', title, body }
          },
          count: async () => forge.forge().pulls.length,
          baseCommit: async () => forge.at('main') ?? '',
          change(id: string, set: { state?: string; checks?: string }) {
            forge.change(({ pulls }) => {
              const found = pulls.find((each) => String(each.number) === id)
              if (found === undefined) return
              if (set.state !== undefined) found.state = set.state.toUpperCase()
              if (set.checks !== undefined) found.checks = rollups[set.checks] ?? []
            })
          },
        }
      },
      destroy: (subject) => (subject as unknown as { forge: TestForge }).forge.remove(),
    },
  )
})

const rollups: Readonly<Record<string, unknown[]>> = {
  none: [],
  pending: [
    { status: 'COMPLETED', conclusion: 'SUCCESS' },
    { status: 'IN_PROGRESS', conclusion: '' },
  ],
  failing: [{ status: 'IN_PROGRESS', conclusion: '' }, { state: 'FAILURE' }],
  passing: [{ status: 'COMPLETED', conclusion: 'SKIPPED' }, { state: 'SUCCESS' }],
}

describe('a pull request', () => {
  let forge: TestForge
  beforeEach(() => {
    forge = testForge()
  })
  afterEach(() => forge.remove())

  const branch = 'cueline/deliver/greenhouse-1'
  const request = (set: object = {}) => ({
    key: 'greenhouse-1',
    branch,
    commit: forge.commits[0],
    base: 'main',
    title: 'Greenhouse: 3 tasks',
    body: 'All of it.\n',
    ...set,
  })
  const words = () => forge.forge().calls.map(({ args }) => args[1])

  it('is made by a host of what its agents have landed, and read back', async () => {
    const { folder: repository, command } = forge
    const runner = async ({ workspace }: AttemptBrief) => {
      writeAt(workspace?.path, 'light.txt', 'measured')
    }
    // #region host
    const cueline = await createCueline({
      runner,
      workspace: gitWorkspaces({ repository }),
      delivery: commandPullRequests({ repository, command }),
    })
    const { id: projectId } = await cueline.projects.create({ name: 'Greenhouse' })
    await cueline.tasks.add({ projectId, tasks: [{ id: 'T1', title: 'Measure the light' }] })
    const plan = await cueline.plans.build({ projectId })
    await cueline.stages.fromPlan({ planId: plan.id, force: true })
    await cueline.run({ projectId })
    const { url, state, checks } = await cueline.deliveries.open({ projectId, base: 'main' })
    // #endregion host
    expect({ url, state, checks }).toEqual({
      url: 'https://forge.example/greenhouse/pull/1',
      state: 'open',
      checks: 'none',
    })
    forge.change(({ pulls }) => {
      pulls[0]!.state = 'MERGED'
    })
    expect(await cueline.deliveries.refresh({ projectId })).toMatchObject([{ state: 'merged' }])
    await cueline.close()
  })

  it('is found again after a crash between the push and the pull request', async () => {
    forge.change(({ wrong }) => {
      wrong.create = { code: 1, said: 'the network is gone' }
    })
    await expect(forge.provider().deliver(request(), never)).rejects.toMatchObject({
      code: 'runner-failed',
      retryable: true,
    })
    expect(forge.at(branch)).toBe(forge.commits[0])
    forge.change((state) => {
      state.wrong = {}
    })
    const delivered = await forge.provider().deliver(request(), never)
    expect(delivered).toMatchObject({ id: '1', state: 'open' })
    expect(forge.forge().pulls).toHaveLength(1)
  })

  it('counts when it was made although the program said that it failed', async () => {
    forge.change(({ wrong }) => {
      wrong.create = { after: true, code: 1, said: 'HTTP 502' }
    })
    expect(await forge.provider().deliver(request(), never)).toMatchObject({ id: '1' })
  })

  it('is asked for by an argument array, with title and body as data', async () => {
    const title = '--web\n$(touch hacked) `x` "y"'
    const body = '--body\n```sh\nrm -rf /\n```\n'
    await forge.provider().deliver(request({ title, body }), never)
    const { calls, pulls } = forge.forge()
    const created = calls.find(({ args }) => args[1] === 'create')
    expect(created?.args).toEqual([
      'pr',
      'create',
      `--head=${branch}`,
      '--base=main',
      '--title=--web $(touch hacked) `x` "y"',
      '--body-file=-',
    ])
    expect(created?.input).toBe(body)
    expect(pulls[0]).toMatchObject({ title: '--web $(touch hacked) `x` "y"', body })
    expect(created?.environment).toContain('GH_PROMPT_DISABLED')
    expect(created?.environment).not.toContain('VITEST')
  })

  it('leaves the checkout, the branches and the settings of the repository as they were', async () => {
    writeAt(forge.folder, 'README.md', 'being edited\n')
    const before = ['status --porcelain', 'for-each-ref', 'config --local --list', 'stash list']
    const look = () => before.map((args) => forge.git(...args.split(' ')))
    const then = look()
    await forge.provider().deliver(request(), never)
    expect(look()).toEqual(then)
  })

  it('runs no hook and no program that the settings of the repository name', async () => {
    const trap = (name: string) => {
      const file = `${forge.folder}/.git/hooks/${name}`
      writeAt(
        forge.folder,
        `.git/hooks/${name}`,
        `#!/bin/sh\ntouch ${forge.folder}/trapped\nexit 1\n`,
      )
      return file
    }
    const hook = trap('pre-push')
    chmodSync(hook, 0o755)
    for (const [key, value] of [
      ['remote.origin.receivepack', hook],
      ['remote.origin.uploadpack', hook],
      ['core.sshCommand', hook],
      ['credential.helper', hook],
      [`url.${forge.folder}/elsewhere.git.insteadOf`, forge.bare],
      ['remote.origin.pushurl', `${forge.folder}/elsewhere.git`],
    ] as const) {
      forge.git('config', key, value)
    }
    await forge.provider().deliver(request(), never)
    expect(existsSync(`${forge.folder}/trapped`)).toBe(false)
    expect(forge.at(branch)).toBe(forge.commits[0])
  })

  it('is not taken for one that a stranger has made from a fork, with a branch of the same name', async () => {
    const theirs = { number: 1, head: branch, base: 'main', title: 'Free money', body: '' }
    forge.change(({ pulls }) => {
      pulls.push({ ...theirs, state: 'MERGED', checks: [], fork: true })
    })
    expect(await forge.provider().deliver(request(), never)).toMatchObject({
      id: '2',
      state: 'open',
    })
    expect(forge.forge().pulls[0]).toMatchObject(theirs)
  })

  it('is not pushed over the commits of somebody else', async () => {
    await forge.provider().deliver(request(), never)
    forge.git('checkout', '-q', '-b', 'people', forge.commits[0])
    writeAt(forge.folder, 'review.txt', 'a fix from the review')
    forge.git('add', '-A')
    forge.git('commit', '-q', '-m', 'Fix')
    forge.git('push', '-q', 'origin', `people:refs/heads/${branch}`)
    const theirs = forge.at(branch)
    await expect(
      forge.provider().deliver(request({ commit: forge.commits[1] }), never),
    ).rejects.toMatchObject({ code: 'conflict' })
    expect(forge.at(branch)).toBe(theirs)
  })

  it.each([
    ['a branch outside of our own', { branch: 'main' }],
    ['an option as branch', { branch: '--mirror' }],
    ['a branch that climbs out', { branch: 'cueline/deliver/../../main' }],
    ['a refspec as branch', { branch: 'cueline/deliver/x:refs/heads/main' }],
    ['an option as base', { base: '--exec=touch' }],
    ['a refspec as base', { base: 'main:main' }],
    ['a whole ref as base', { base: 'refs/heads/main' }],
    ['a base that git would not take', { base: 'a..b' }],
    ['our own branches as base', { base: 'cueline/deliver/x' }],
    ['a name instead of a commit', { commit: 'HEAD' }],
    ['a digest of a folder', { commit: 'sha256:abc' }],
  ])('is refused for %s, before anything is asked', async (_, set) => {
    const main = forge.at('main')
    await expect(forge.provider().deliver(request(set), never)).rejects.toMatchObject({
      code: 'invalid-input',
    })
    expect([words(), forge.at('main')]).toEqual([[], main])
  })

  it('is refused for remotes that are options, unknown, or start programs', async () => {
    expect(() => forge.provider({ remote: '--upload-pack=touch' })).toThrow('no name of a remote')
    expect(() => forge.provider({ command: [] })).toThrow('command is empty')
    await expect(
      forge.provider({ remote: 'nowhere' }).deliver(request(), never),
    ).rejects.toMatchObject({ code: 'not-found' })
    for (const url of [
      'ext::sh -c touch% /tmp/x',
      '--upload-pack=touch',
      'ssh://-oProxyCommand=x/y',
    ]) {
      forge.git('config', 'remote.origin.url', url)
      await expect(forge.provider().deliver(request(), never)).rejects.toMatchObject({
        code: 'refused',
      })
    }
  })

  it('says which base, commit or number is not there', async () => {
    const provider = forge.provider()
    await expect(provider.deliver(request({ base: 'develop' }), never)).rejects.toThrow(
      'no branch "develop"',
    )
    const commit = '0123456789012345678901234567890123456789'
    await expect(provider.deliver(request({ commit }), never)).rejects.toThrow('is not in this')
    await expect(provider.status('--web', never)).rejects.toMatchObject({ code: 'invalid-input' })
  })

  it('says how to get the program where there is none', async () => {
    const provider = forge.provider({ command: ['no-such-gh'] })
    await expect(provider.deliver(request(), never)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('gh auth login'),
    })
    expect(forge.at(branch)).toBeNull()
  })

  it.each([
    ['gh: To get started with GitHub CLI, please run: gh auth login', 'refused', false],
    ['HTTP 401: Bad credentials', 'refused', false],
    ['GraphQL: API rate limit exceeded for user ID 1', 'limit', true],
    ['HTTP 403: You have exceeded a secondary rate limit', 'limit', true],
    ['something else', 'runner-failed', true],
  ])('sorts what goes wrong: %s', async (said, code, retryable) => {
    forge.change(({ wrong }) => {
      wrong.list = { code: 1, said }
    })
    await expect(forge.provider().deliver(request(), never)).rejects.toMatchObject({
      code,
      retryable,
      message: expect.stringContaining(said),
    })
    expect(forge.at(branch)).toBeNull()
  })

  it.each([
    ['no JSON', 'Welcome to the forge'],
    ['no list', '{}'],
    ['no pull request', '[7]'],
    ['no number', '[{"url":"https://x.example","state":"OPEN"}]'],
    ['an address that is none', '[{"number":1,"url":"javascript:alert(1)","state":"OPEN"}]'],
    ['a state that nobody knows', '[{"number":1,"url":"https://x.example","state":"LOST"}]'],
    [
      'checks that are none',
      '[{"number":1,"url":"https://x.example","state":"OPEN","statusCheckRollup":[3]}]',
    ],
  ])('is not guessed from a wrong answer: %s', async (_, answer) => {
    forge.change(({ wrong }) => {
      wrong.list = { answer }
    })
    await expect(forge.provider().deliver(request(), never)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('was expected'),
    })
  })

  it('fails closed on a word about checks that nobody knows', async () => {
    const { id } = await forge.provider().deliver(request(), never)
    forge.change(({ pulls }) => {
      pulls[0]!.checks = [{ status: 'COMPLETED', conclusion: 'STALE' }]
    })
    expect((await forge.provider().status(id, never)).checks).toBe('failing')
  })
})
