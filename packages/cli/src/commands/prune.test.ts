import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseEventLines } from '@cueline/core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from '../captured-terminal.ts'
import { runProgram } from '../program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const plan = JSON.stringify({
  project: { name: 'Greenhouse' },
  tasks: [
    { id: 'T1', title: 'Measure the light', estimate: 10 },
    { id: 'T2', title: 'Water the plants', estimate: 20, dependsOn: ['T1'] },
  ],
})

async function worked() {
  const cwd = temporaryFolder(onTestFinished, { 'plan.json': plan, 'agent.mjs': '' })
  const cueline = async (...args: string[]) => {
    const terminal = capturedTerminal({ cwd })
    const code = await runProgram(args, terminal)
    return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
  }
  const agent = `"${process.execPath}" "${join(cwd, 'agent.mjs')}"`
  await cueline('import', 'plan.json')
  await cueline('stage', '--force')
  expect((await cueline('run', '--agent', agent)).code).toBe(0)
  return { cwd, cueline, agent }
}

describe('cueline prune [X-11]', () => {
  it('says what goes, takes it out, and leaves reports, replay and further runs as they were', async () => {
    const { cwd, cueline, agent } = await worked()
    const report = (await cueline('report', '--json')).stdout
    expect((await cueline('prune')).stdout).toBe('Nothing is older; the log starts with event 1.\n')
    const dry = await cueline('prune', '--before', '5', '--dry-run')
    expect(dry.stdout).toMatch(
      /^Would take out 4 events, 1 to 4 \(\d+\.\d kB of text\)\. The log would start with event 5\.\n$/,
    )
    const done = await cueline('prune', '--before', '5')
    expect(done.stdout).toMatch(
      /^Took out 4 events, 1 to 4 \(.*\)\. The log starts with event 5\.\n$/,
    )
    expect((await cueline('report', '--json')).stdout).toBe(report)
    const rest = await cueline('prune', '--keep-events', '0', '--json')
    expect(JSON.parse(rest.stdout)).toMatchObject({ from: 5, dryRun: false })
    const written = await cueline('report', '--out', 'monday', '--svg', 'run.svg')
    expect(written.stderr).toContain('were pruned; the report covers them')
    const log = parseEventLines(readFileSync(join(cwd, 'monday', 'events.jsonl'), 'utf8'))
    expect(log.map((event) => event.type)).toEqual(['log.pruned'])
    expect((await cueline('doctor', '--replay')).stdout).toMatch(
      /^sound {2}Greenhouse: \d+ events, replayed from event \d+ on\n$/,
    )
    await cueline('run', '--agent', agent)
    expect((await cueline('doctor', '--replay')).code).toBe(0)
  })

  it('names what it does not understand', async () => {
    const { cueline } = await worked()
    expect((await cueline('prune', '--before', '999')).code).toBe(3)
    expect((await cueline('prune', '--before', '0')).code).toBe(2)
    const both = await cueline('prune', '--keep-days', '1', '--keep-events', '1')
    expect(both).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--keep-days and --keep-events each say which events stay'),
    })
    for (const [flag, value, said] of [
      ['--keep-events', '1.5', 'a whole number from 0'],
      ['--keep-days', '99999', 'a number from 0 to 36500'],
    ] as const) {
      const { code, stderr } = await cueline('prune', flag, value)
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) })
      expect(stderr).toContain(flag)
    }
  })
})
