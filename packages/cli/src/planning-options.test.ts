import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from './captured-terminal.ts'
import { runProgram } from './program.ts'
import { readRepository } from './read-repository.ts'
import { temporaryFolder } from './temporary-folder.ts'

const greenhouse = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Dim the lamps at night', estimate: 10, touches: ['src/lamps.ts'] },
    { id: 'T2', title: 'Lamps in colours', estimate: 10, touches: ['src/lamps.ts'] },
    {
      id: 'T3',
      title: 'Create the WaterPump class',
      estimate: 10,
      resources: { tap: 1 },
    },
    { id: 'T4', title: 'Water at noon', description: 'Uses the WaterPump class.', estimate: 10 },
    { id: 'T5', title: 'Clean the tap', estimate: 10, resources: { tap: 1 } },
  ],
})

function workplace(files: Readonly<Record<string, string>> = {}) {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': greenhouse, ...files })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  const json = async (...args: string[]) => JSON.parse((await cueline(...args, '--json')).stdout)
  return { cwd, cueline, json }
}

function commit(cwd: string, title: string, files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(cwd, path, '..'), { recursive: true })
    writeFileSync(join(cwd, path), text)
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd,
      stdio: 'pipe',
    })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message', title)
}

describe('lanes when nobody says how many [S4-03]', () => {
  it('are four, for cueline plan and for cueline stage', async () => {
    const tasks = Array.from({ length: 10 }, (_, at) => ({
      id: `T${at}`,
      title: `Task ${at}`,
      estimate: 10,
    }))
    const { json } = workplace({ 'ten.json': JSON.stringify({ project: { name: 'Ten' }, tasks }) })
    const plan = await json('plan', 'ten.json')
    expect(plan).toMatchObject({ makespan: 30 })
    expect(plan.lanes).toHaveLength(4)
    await json('import', 'ten.json')
    const staged = await json('stage', '--force')
    expect(staged).toMatchObject({ plan: { makespan: 30 } })
    const batches = staged.batches as { tasks: string[] }[]
    expect(batches.map((batch) => batch.tasks.length)).toEqual([4, 4, 2])
  })
})

describe('how cueline plan plans [S4-02] [X-04]', () => {
  it('keeps tasks apart that declare the same file, and says so', async () => {
    const { cueline, json } = workplace()
    const plan = await json('plan', 'plan.json', '--workers', '8')
    expect(plan).toMatchObject({ makespan: 20, inferred: [] })
    expect(plan.conflicts).toEqual([
      {
        tasks: ['T1', 'T2'],
        kind: 'declared',
        confidence: 1,
        evidence: ['src/lamps.ts: T1 declares src/lamps.ts; T2 declares src/lamps.ts'],
        allowed: false,
      },
    ])
    const { stdout } = await cueline('plan', 'plan.json')
    expect(stdout).toContain('Conflicts\n1 pair kept apart; what is predicted is a guess.')
    expect(stdout).toContain('- T1 and T2 (declared, 100 %)\n    src/lamps.ts: T1 declares')
  })

  it('lets them meet where that is allowed, or no conflict counts', async () => {
    const { cueline, json } = workplace()
    const args = ['plan', 'plan.json', '--workers', '8']
    expect(await json(...args, '--allow', 'T2:T1')).toMatchObject({
      makespan: 10,
      conflicts: [{ allowed: true }],
    })
    expect((await cueline(...args, '--allow', 'T2:T1')).stdout).toContain(
      '0 pairs kept apart, 1 allowed',
    )
    expect((await cueline(...args)).stdout).toContain('if nothing were kept apart; more make')
    expect(await json(...args, '--conflicts', 'none')).toMatchObject({
      makespan: 10,
      conflicts: [],
    })
  })

  it('heeds resources, lanes and dependencies from the texts', async () => {
    const { cueline, json } = workplace()
    const args = ['plan', 'plan.json', '--workers', '8', '--conflicts', 'none']
    expect(await json(...args, '--resources', 'tap=1')).toMatchObject({ makespan: 20 })
    expect(await json(...args, '--lanes', '1', '--rounds', '0')).toMatchObject({ makespan: 50 })
    expect(await json(...args, '--budget', '5ms', '--seed', '3')).toMatchObject({ makespan: 10 })
    expect(
      await json(...args, '--rounds', '7', '--seed', '3', '--resources', 'tap=2'),
    ).toMatchObject({ seed: 3, rounds: expect.any(Number), warnings: [] })
    expect((await json(...args))['warnings']).toMatchObject([
      { kind: 'unlimited-resource', message: expect.stringContaining('"tap"') },
    ])
    expect(await json(...args, '--infer', '0.9')).toMatchObject({
      makespan: 20,
      inferred: [{ task: 'T4', dependsOn: 'T3', source: 'symbol' }],
    })
    expect((await cueline(...args, '--lanes', '1')).stdout).toMatch(/8 workers +50 m in 1 lane,/)
    const { stdout } = await cueline(...args, '--infer', '0.9')
    expect(stdout).toContain('- T4 after T3: T3 creates "WaterPump", which T4 names (92 %)')
  })

  it('predicts from the files and the history of the repository around', async () => {
    const { cwd, json } = workplace()
    const one = 'src/valve.ts'
    for (let nth = 0; nth < 8; nth += 1) {
      commit(cwd, `Irrigation valve ${nth}`, { [one]: `${nth}`, [`docs/${nth}.md`]: '' })
    }
    const tasks = ['A', 'B'].map((id) => ({ id, title: `Irrigation valve ${id}`, estimate: 10 }))
    writeFileSync(join(cwd, 'valves.json'), JSON.stringify({ tasks }))
    const declared = await json('plan', 'valves.json')
    expect(declared.conflicts).toEqual([])
    const predicted = await json('plan', 'valves.json', '--conflicts', 'predicted')
    expect(predicted.conflicts).toMatchObject([{ tasks: ['A', 'B'], kind: 'history' }])
    expect(predicted.makespan).toBe(20)
  })

  it.each([
    [['--allow', 'T1'], 'T3:T7'],
    [['--resources', 'tap'], 'accounts=3'],
    [['--budget', '400'], '400ms or 2s'],
    [['--rounds', '-1'], 'from 0 to 1000000'],
    [['--conflicts', 'all'], 'none, declared, predicted'],
  ])('%j exits with 2 and says what is wanted', async (args, message) => {
    const { cueline } = workplace()
    const { code, stderr } = await cueline('plan', 'plan.json', ...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('cueline stage with the options of a plan [S4-02]', () => {
  it('stores the conflicts with the plan, and explain tells them', async () => {
    const { cueline, json } = workplace()
    await cueline('import', 'plan.json')
    const staged = await json('stage', '--force', '--workers', '8')
    expect(staged.plan).toMatchObject({ makespan: 20, conflicts: [{ tasks: ['T1', 'T2'] }] })
    for (const { tasks } of staged.batches) {
      expect(tasks.includes('T1') && tasks.includes('T2')).toBe(false)
    }
    const [one, other] = await Promise.all([json('explain', 'T1'), json('explain', 'T2')])
    const held = one.start > 0 ? one : other
    expect(held.decidedBy.kind).toBe('conflicts')
    expect(held.text).toContain('are kept apart: src/lamps.ts')
  })
})

describe('what a folder says of its files', () => {
  it('is what git tracks and would track, with the changes of each commit, oldest first', async () => {
    const { cwd } = workplace({ '.gitignore': 'secret.txt\n', 'secret.txt': 'x' })
    commit(cwd, 'First', { 'src/a b.ts': '1' })
    commit(cwd, 'Second', { 'src/ü.ts': '1', 'src/a b.ts': '2' })
    writeFileSync(join(cwd, 'new.ts'), '')
    const { files, history } = await readRepository(cwd)
    expect(files.toSorted()).toEqual([
      '.gitignore',
      'new.ts',
      'plan.json',
      'src/a b.ts',
      'src/ü.ts',
    ])
    expect(history.map(({ title }) => title)).toEqual(['First', 'Second'])
    expect(history[1]?.files.toSorted()).toEqual(['src/a b.ts', 'src/ü.ts'])
  })

  it('is what lies in it where there is no repository', async () => {
    const { cwd } = workplace({ 'src/a.ts': '', 'node_modules/x/y.js': '', '.hidden/z': '' })
    const { files, history } = await readRepository(cwd)
    expect(files).toEqual(['plan.json', 'src/a.ts'])
    expect(history).toEqual([])
  })

  it('is never nothing at all because the folder is mistyped', async () => {
    const { cwd } = workplace({})
    await expect(readRepository(join(cwd, 'srcc'))).rejects.toThrow(/srcc is not there/)
    await expect(readRepository(join(cwd, 'plan.json'))).rejects.toThrow(/plan.json is no folder/)
  })
})
