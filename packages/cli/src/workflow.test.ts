import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline, parseEventLines } from '@cueline/core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { type CapturedTerminal, capturedTerminal } from './captured-terminal.ts'
import { runProgram } from './program.ts'
import { temporaryFolder } from './temporary-folder.ts'

const greenhouse = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', estimate: 10 },
    { id: 'T2', title: 'Water the plants', estimate: 20, dependsOn: ['T1'] },
    { id: 'T3', title: 'Open the roof', estimate: 5, dependsOn: ['T1'] },
  ],
})

/** Writes a file of its own; T2 asks first, T3 fails as long as a file says so. */
const agent = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
const { task, answers } = JSON.parse(readFileSync(process.env.CUELINE_CONTEXT, 'utf8'))
const [asks, breaks] = process.argv.slice(2)
if (asks === task.code && answers.length === 0) {
  const ask = { text: 'How much water?', options: ['little', 'plenty'] }
  writeFileSync(process.env.CUELINE_RESULT, JSON.stringify({ status: 'waiting', ask }))
} else if (breaks === task.code) {
  process.exit(3)
} else {
  writeFileSync(task.code + '.txt', answers.map((entry) => entry.answer).join() + '\\n')
  console.log('wrote ' + task.code)
}
`

/** A folder with the plan and the agent, and a way to run commands there. */
function workplace(files: Readonly<Record<string, string>> = {}) {
  const cwd = temporaryFolder(onTestFinished, {
    'plan.json': greenhouse,
    'agent.mjs': agent,
    ...files,
  })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  const json = async (...args: string[]) => {
    const { code, stdout } = await cueline(...args, '--json')
    return { code, value: JSON.parse(stdout) as Record<string, unknown> }
  }
  const agentCommand = (...args: string[]) =>
    [process.execPath, join(cwd, 'agent.mjs'), ...args].map((part) => `"${part}"`).join(' ')
  return { cwd, cueline, json, agentCommand }
}

async function staged(files: Readonly<Record<string, string>> = {}) {
  const place = workplace(files)
  await place.cueline('import', 'plan.json')
  await place.cueline('stage', '--force')
  return place
}

describe('from a plan to finished work on the command line', () => {
  it('imports, stages, runs real agents, brings their files together and reports', async () => {
    const { cwd, cueline, json, agentCommand } = workplace()
    const imported = await json('import', 'plan.json')
    expect(imported).toMatchObject({
      code: 0,
      value: { project: { name: 'Greenhouse' }, created: true, tasks: 3 },
    })
    const planned = await json('stage', '--force', '--workers', '2')
    expect(planned.value).toMatchObject({
      plan: { makespan: 30, lowerBound: 30 },
      batches: [
        { name: 'Batch 1', tasks: ['T1'] },
        { name: 'Batch 2', tasks: ['T2', 'T3'] },
      ],
    })

    const run = await cueline('run', '--agent', agentCommand(), '--workers', '2')
    expect(run.code).toBe(0)
    expect(run.stdout).toContain('3 of 3 done')
    expect(run.stderr).toContain('T1 Measure the light: starts')
    expect(run.stderr).toContain('T2 Water the plants: done after')
    for (const name of ['T1', 'T2', 'T3']) {
      expect(existsSync(join(cwd, '.cueline/result', `${name}.txt`))).toBe(true)
    }

    const report = await json(
      'report',
      '--out',
      'out',
      '--svg',
      'out/run.svg',
      '--time-scale',
      '50',
    )
    expect(report.value).toMatchObject({
      tasks: { total: 3, done: 3 },
      attempts: 3,
      workers: 2,
      predicted: { makespanMs: 1_500 },
    })
    expect(JSON.parse(readFileSync(join(cwd, 'out/report.json'), 'utf8'))).toEqual(report.value)
    expect(readFileSync(join(cwd, 'out/report.md'), 'utf8')).toContain('# Report of Greenhouse')
    const svg = readFileSync(join(cwd, 'out/run.svg'), 'utf8')
    expect(svg).toContain('<title id="timeline-title">Run of Greenhouse</title>')
    expect(svg.match(/<g class="bar (?:planned|actual)[ a-z]*"><title>/g)).toHaveLength(6)
    const events = parseEventLines(readFileSync(join(cwd, 'out/events.jsonl'), 'utf8'))
    expect(events.filter(({ type }) => type === 'attempt.succeeded')).toHaveLength(3)

    const status = await json('status')
    expect(status.value).toMatchObject({ tasks: { total: 3, done: 3, doing: 0 }, requests: [] })
    const checked = await json('doctor', '--replay')
    expect(checked).toMatchObject({ code: 0, value: { ok: true, replayed: true } })
  })

  it('shows what an agent asks and lets a person answer it while the run waits', async () => {
    const { cwd, cueline, json, agentCommand } = await staged()
    const running = cueline('run', '--agent', agentCommand('T2'), '--workers', '1')
    const asked = await eventually(async () => {
      const { value } = await json('requests')
      return (value.requests as { id: string; task: string; options: string[] }[])[0]
    })
    expect(asked).toMatchObject({
      task: 'T2',
      text: 'How much water?',
      options: ['little', 'plenty'],
    })
    const shown = await cueline('requests')
    expect(shown.stdout).toContain('cueline answer T2 "little"')
    const wrong = await cueline('answer', 'T2', 'a', 'bucket')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('"a bucket" is not one of the options')
    expect((await cueline('answer', 'T2', 'plenty')).stdout).toBe('Answered T2: plenty\n')

    const { code, stderr } = await running
    expect(code).toBe(0)
    expect(stderr).toContain('T2 asks: How much water? (little / plenty)')
    expect(stderr).toContain('cueline answer T2 "little"')
    expect(readFileSync(join(cwd, '.cueline/result/T2.txt'), 'utf8')).toBe('plenty\n')
    const again = await cueline('answer', asked.id, 'little')
    expect(again.code).toBe(3)
    expect(again.stderr).toContain('the first answer counts')
    expect((await cueline('requests')).stdout).toBe('Nobody waits for an answer.\n')
  })

  it('says what failed, exits with 1, and goes on after a retry', async () => {
    const { cueline, agentCommand } = await staged()
    const command = agentCommand('-', 'T3')
    await cueline('cancel', 'T2', '--reason', 'not today')
    const broken = await cueline(
      'run',
      '--agent',
      command,
      '--gate',
      'true',
      '--db',
      '.cueline/cueline.db',
    )
    expect(broken.code).toBe(1)
    expect(broken.stderr).toContain('Another chance: cueline retry.')
    const status = await cueline('status')
    expect(status.stdout).toContain('1 done, 1 failed, 1 cancelled')
    expect(status.stdout).toMatch(/- T3 Open the roof\n {2}The agent/)
    expect((await cueline('retry')).stdout).toBe('T3: reopened\n')
    const mended = await cueline('run', '--agent', agentCommand())
    expect(mended.code).toBe(0)
    expect((await cueline('retry')).stdout).toBe('No task has failed.\n')
  }, 60_000)

  it('fails a task whose gate does not pass, although its agent said it was done', async () => {
    const { cueline, json, agentCommand } = await staged()
    const run = await cueline('run', '--agent', agentCommand(), '--gate', 'false')
    expect(run.code).toBe(1)
    const { value } = await json('report')
    expect(value).toMatchObject({ tasks: { done: 0, failed: 1, open: 2 }, gates: { passed: 0 } })
  }, 60_000)
})

describe('cueline why [X-01]', () => {
  it('names everything that keeps a task from starting', async () => {
    const { cueline, json } = workplace()
    await cueline('import', 'plan.json')
    await cueline('stage')
    const { value } = await json('why', 'T2')
    expect(value).toMatchObject({ task: 'T2', status: 'staged', ready: false })
    const kinds = (value.obstacles as { kind: string }[]).map(({ kind }) => kind)
    expect(kinds).toEqual(['not-promoted', 'waiting-on', 'incomplete-context'])
    const { stdout } = await cueline('why', 'T2')
    expect(stdout).toContain('- batch "Batch 2" is not promoted yet')
    expect(stdout).toContain('- waiting on T1')
  })

  it('says that a task can start once nothing stands in its way', async () => {
    const { cueline, json } = await staged()
    const promoted = await json('promote')
    expect(promoted.value).toMatchObject({
      batch: { name: 'Batch 1' },
      released: ['T1'],
      waiting: [],
    })
    expect((await json('why', 'T1')).value).toMatchObject({ ready: true, obstacles: [] })
    expect((await cueline('why', 'T1')).stdout).toContain('T1 Measure the light can start')
  })
})

describe('staging and promoting on the command line', () => {
  it('says what will not start, and lets it start with --force', async () => {
    const { cueline, json } = workplace()
    await cueline('import', 'plan.json')
    const { stdout } = await cueline('stage')
    expect(stdout).toContain('T1 T2 T3: staged; it will not start while its context is incomplete')
    expect(stdout).toContain('cueline stage --force')
    expect((await cueline('stage')).code).toBe(3)
    expect(await json('stage', '--force')).toMatchObject({ code: 0 })
    const { value } = await json('why', 'T1')
    expect(value.obstacles).toMatchObject([{ kind: 'not-promoted' }])
  })

  it('stages tasks by hand in a batch of that name', async () => {
    const { cueline, json } = workplace()
    await cueline('import', 'plan.json')
    expect((await json('stage', '--batch', 'Morning', 'T1', 'T3', '--force')).value).toMatchObject({
      plan: null,
      batches: [{ name: 'Morning', tasks: ['T1', 'T3'] }],
    })
    expect((await json('promote', 'Morning')).value).toMatchObject({
      released: ['T1'],
      waiting: ['T3'],
    })
    expect((await json('status')).value).toMatchObject({ tasks: { todo: 1, staged: 2 } })
  })

  it.each([
    [['stage', 'T1'], 2, 'Say in which batch to stage T1'],
    [['stage', '--batch', 'Morning'], 2, 'Name the tasks to stage in batch "Morning"'],
    [['stage', '--batch', 'Morning', 'T9'], 2, 'has no task "T9"'],
    [['stage', '--batch', 'Morning', '--from-plan', 'T1'], 2, 'cannot be used with'],
    [['promote', 'Evening'], 2, 'There is no batch "Evening"'],
    [['promote'], 3, 'No batch is there to promote'],
    [['why', 'T9'], 2, 'has no task "T9"'],
    [['answer', 'T1', 'yes'], 2, 'nobody waits for an answer'],
    [['run', '--agent', 'true'], 3, 'None of the 3 open tasks is staged'],
    [['run', '--agent', 'no-such-agent'], 2, 'the program "no-such-agent", which is not there'],
    [['run', '--agent', '"open'], 2, 'does not end. Close the quote'],
    [['run', '--agent', ' '], 2, '--agent is empty'],
    [['run'], 2, "required option '-a, --agent <command>' not specified"],
  ])('%j exits with %i and says why', async (args, code, message) => {
    const { cueline } = workplace()
    await cueline('import', 'plan.json')
    const result = await cueline(...args)
    expect(result.stderr.replaceAll('\n', ' ')).toContain(message)
    expect(result).toMatchObject({ code, stdout: '' })
  })
})

describe('the project and the database of a command', () => {
  it('says what comes next in a project without tasks, and in one where nothing is staged', async () => {
    const { cueline } = workplace({
      'none.json': '{ "project": { "name": "Empty" }, "tasks": [] }',
    })
    await cueline('import', 'none.json')
    expect((await cueline('status')).stdout).toContain('no task yet. Next: cueline import plan.md.')
    await cueline('import', 'plan.json', '--project', 'Empty')
    expect((await cueline('status')).stdout).toContain(
      'Nothing is staged yet. Next: cueline stage.',
    )
  })

  it('is shown with its id where two have one name', async () => {
    const { cwd, cueline } = workplace()
    await cueline('import', 'plan.json')
    const file = join(cwd, '.cueline', 'cueline.db')
    const own = await createCueline({ storage: await sqliteStorage({ file }) })
    const { id } = await own.projects.create({ name: 'Greenhouse' })
    await own.close()
    const unclear = (await cueline('status')).stderr.replaceAll(/\s+/g, ' ')
    expect(unclear).toContain(`"Greenhouse" (${id})`)
    expect((await cueline('status', '--project', id)).code).toBe(0)
  })

  it('is the only one there is, else the one that is named', async () => {
    const { cueline, json } = workplace()
    await cueline('import', 'plan.json')
    await cueline('import', 'plan.json', '--project', 'Second')
    const unclear = await cueline('status')
    expect(unclear.code).toBe(2)
    expect(unclear.stderr.replaceAll('\n', ' ')).toContain(
      'The database has 2 projects: "Greenhouse", "Second". Say which with --project.',
    )
    expect((await json('status', '--project', 'Second')).value).toMatchObject({
      project: { name: 'Second' },
    })
    expect((await cueline('status', '--project', 'Third')).stderr).toContain('no project "Third"')
    expect((await json('doctor', '--replay')).value.projects).toHaveLength(2)
  })

  it('refuses to import the same tasks twice, and stores nothing of the second import', async () => {
    const { cueline, json } = workplace()
    await cueline('import', 'plan.json')
    const again = await cueline('import', 'plan.json')
    expect(again.code).toBe(3)
    expect(again.stderr).toContain('has 3 of these tasks already')
    expect((await json('status')).value).toMatchObject({ tasks: { total: 3 } })
  })

  it('does not make a project of a plan with problems', async () => {
    const tangled = { tasks: [{ id: 'a', title: 'A', dependsOn: ['a'] }] }
    const { cueline } = workplace({ 'tangled.json': JSON.stringify(tangled) })
    const result = await cueline('import', 'tangled.json')
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('waits for itself')
    expect((await cueline('status')).stderr).toContain('no project yet')
  })

  it('says how to make a database when there is none', async () => {
    const { cueline, cwd } = workplace()
    const { code, stderr } = await cueline('status', '--db', 'elsewhere.db')
    expect(code).toBe(4)
    expect(stderr.replaceAll('\n', ' ')).toContain('There is no database at elsewhere.db')
    expect(existsSync(join(cwd, 'elsewhere.db'))).toBe(false)
  })

  it.each([['status'], ['import', 'plan.json']])(
    'says that a folder is no database, and what to name instead: %j',
    async (...args) => {
      const { cueline } = workplace({ 'plans/a.md': '', 'plan.json': '{"tasks":[]}' })
      const { code, stderr } = await cueline(...args, '--db', 'plans')
      expect(code).toBe(4)
      expect(stderr.replaceAll('\n', ' ')).toMatch(
        /plans is a folder, and the database is a file\. Name the file, such as .*cueline\.db/,
      )
    },
  )

  it('tells errors as JSON too when JSON is asked for', async () => {
    const { json } = workplace()
    const { code, value } = await json('status')
    expect(code).toBe(4)
    expect(value).toMatchObject({ error: { code: 'storage-unusable', retryable: false } })
  })
})

describe('Ctrl-C during a run', () => {
  it('lets running attempts finish, and the same command goes on', async () => {
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 400))\n'
    const { cwd, cueline, agentCommand } = await staged({ 'agent.mjs': slow + agent })
    const terminal = capturedTerminal({ cwd })
    const running = runProgram(['run', '--agent', agentCommand(), '--drain', '20'], terminal)
    await eventually(async () =>
      terminal.stderr().includes('T1 Measure the light: starts') ? true : undefined,
    )
    terminal.interrupt()
    expect(await running).toBe(130)
    expect(terminal.stderr()).toContain('Ctrl-C again ends this at once')
    expect(terminal.stderr()).toContain('1 of 3 tasks are done')
    expect(terminal.stderr()).toContain('the same command goes on')
    expect(terminal.exits).toEqual([])

    const resumed = await cueline('run', '--agent', agentCommand())
    expect(resumed.code).toBe(0)
    expect(resumed.stdout).toContain('3: 3 succeeded')
  })

  it('ends at once the second time', async () => {
    const slow = 'await new Promise((resolve) => setTimeout(resolve, 5_000))\n'
    const { cwd, agentCommand } = await staged({ 'agent.mjs': slow + agent })
    const terminal: CapturedTerminal = capturedTerminal({ cwd })
    const running = runProgram(['run', '--agent', agentCommand(), '--drain', '0'], terminal)
    await eventually(async () =>
      terminal.stderr().includes('T1 Measure the light: starts') ? true : undefined,
    )
    terminal.interrupt()
    terminal.interrupt()
    expect(terminal.exits).toEqual([130])
    expect(await running).toBe(130)
  })
})

/** Looks again until there is something to see. */
async function eventually<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  const deadline = performance.now() + 50_000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error('It did not happen within 50 s.')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
