import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { AttemptId, ProjectId, TaskId, WorkOrderId } from '@cueline/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { directoryWorkspaces } from './directory-workspaces.ts'

let place: string
let result: string

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'landing-faults-'))
  result = join(place, 'result')
  mkdirSync(result)
})

afterEach(() => rmSync(place, { recursive: true }))

const never = new AbortController().signal
const source = JSON.stringify(new URL('./directory-workspaces.ts', import.meta.url).href)

/** Runs a few lines against `workspaces` in a process of its own. */
function startEngine(script: string, faultPoint = ''): ChildProcess {
  const whole = `
    import { directoryWorkspaces } from ${source}
    import { writeFileSync, readFileSync, rmSync, appendFileSync } from 'node:fs'
    const workspaces = directoryWorkspaces({ result: ${JSON.stringify(result)} })
    const signal = new AbortController().signal
    const request = (attemptId) => ({ projectId: 'project', taskId: 'task', code: 'code', workOrderId: 'order', attemptId, fence: 1 })
    ${script}
  `
  return spawn(
    process.execPath,
    ['--conditions=cueline-source', '--input-type=module', '-e', whole],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env.PATH, CUELINE_FAULT_POINT: faultPoint },
    },
  )
}

function request(attemptId: string) {
  return {
    projectId: 'project' as ProjectId,
    taskId: 'task' as TaskId,
    code: 'code',
    attemptId: attemptId as AttemptId,
    workOrderId: 'order' as WorkOrderId,
    title: 'In words',
    fence: 1,
  }
}

const before = {
  'changed.txt': 'old',
  'deleted.txt': 'old',
  'kept.txt': 'old',
  'folder/a.txt': 'old',
  'folder/b.txt': 'old',
}
const after = { 'changed.txt': 'new', 'added.txt': 'new', 'kept.txt': 'old', folder: 'now a file' }

/** One attempt that adds, changes and deletes, and makes a file of a folder. */
const wholeAttempt = `
  const workspace = await workspaces.prepare(request('attempt_1'), signal)
  process.chdir(workspace.path)
  writeFileSync('changed.txt', 'new'); writeFileSync('added.txt', 'new'); rmSync('deleted.txt')
  rmSync('folder', { recursive: true }); writeFileSync('folder', 'now a file')
  const trial = await workspaces.tryMerge(workspace, signal)
  await workspaces.land(trial, async () => {})
  await workspaces.remove(workspace)
`

function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((each) => each.isFile() && !each.parentPath.includes('.cueline'))
  return Object.fromEntries(
    files
      .map((each) => join(each.parentPath, each.name))
      .map((file) => [file.slice(folder.length + 1), readFileSync(file, 'utf8')] as const),
  )
}

const points = [
  'prepare:noted',
  'land:begun',
  'land:staged',
  'land:confirmed',
  'land:decided',
  'land:one-deleted#1',
  'land:one-deleted#2',
  'land:one-deleted#3',
  'land:one-put#1',
  'land:one-put#2',
  'land:one-put#3',
  'land:applied',
  'land:recorded',
  'land:counted',
  'land:closed',
  'remove:salvaged',
  'remove:removed',
]
const decidedAt = points.indexOf('land:decided')

describe('a process that was frozen when it had checked its fence [X-02, X-07]', () => {
  it('lands nothing any more once a later claim has the work', async () => {
    mkdirSync(join(result, 'folder'))
    for (const [path, content] of Object.entries(before)) writeFileSync(join(result, path), content)
    const engine = startEngine(wholeAttempt, 'land:decided')
    await once(engine, 'exit')
    // As if it had been frozen before it wrote its decision down, and did so only now.
    const journal = join(result, '.cueline', 'journal.json')
    const decision = readFileSync(journal, 'utf8')
    rmSync(journal)
    const workspaces = directoryWorkspaces({ result })
    const order = request('attempt_2')
    const next = await workspaces.prepare({ ...order, fence: 2 }, never)
    writeFileSync(journal, decision)

    expect(await workspaces.landed('attempt_1' as AttemptId, 1)).toBeNull()
    expect(filesOf(result)).toEqual(before)
    writeFileSync(join(next.path ?? '', 'changed.txt'), 'in time')
    await workspaces.land(await workspaces.tryMerge(next, never), async () => {})
    expect(filesOf(result)).toEqual({ ...before, 'changed.txt': 'in time' })
  })
})

describe('a process that dies while its work lands [X-07]', () => {
  it.each(points)(
    'at %s, has landed all of it or nothing, and whoever asks is told',
    async (point) => {
      mkdirSync(join(result, 'folder'))
      for (const [path, content] of Object.entries(before))
        writeFileSync(join(result, path), content)
      const engine = startEngine(wholeAttempt, point)
      const [, signal] = await once(engine, 'exit')
      expect(signal).toBe('SIGKILL')

      const workspaces = directoryWorkspaces({ result })
      const landed = await workspaces.landed('attempt_1' as AttemptId, 1)
      const decided = points.indexOf(point) >= decidedAt
      expect(landed === null).toBe(!decided)
      expect(filesOf(result)).toEqual(decided ? after : before)

      // What did not land is not lost, and nothing is in the way of the next attempt.
      const [left] = await workspaces.list()
      if (left !== undefined) {
        const { salvaged } = await workspaces.remove(left)
        const lost = !decided && point !== 'prepare:noted'
        expect(salvaged === null).toBe(!lost)
        if (salvaged !== null) {
          expect(readFileSync(join(salvaged, 'files/added.txt'), 'utf8')).toBe('new')
          const { deleted } = JSON.parse(readFileSync(join(salvaged, 'salvage.json'), 'utf8'))
          expect(deleted).toEqual(['deleted.txt', 'folder/a.txt', 'folder/b.txt'])
        }
      }
      const next = await workspaces.prepare(request('attempt_2'), never)
      writeFileSync(join(next.path as string, 'next.txt'), 'next')
      const trial = await workspaces.tryMerge(next, never)
      await workspaces.land(trial, async () => {})
      expect(filesOf(result)).toEqual({ ...(decided ? after : before), 'next.txt': 'next' })
      await workspaces.remove(next)
      expect(await workspaces.list()).toEqual([])
      expect(readdirSync(join(result, '.cueline')).toSorted()).not.toContain('journal.json')
    },
  )

  it('a salvage that is interrupted is made again, whole', async () => {
    const engine = startEngine(
      `const workspace = await workspaces.prepare(request('attempt_1'), signal)
       writeFileSync(workspace.path + '/work.txt', 'unmerged')
       await workspaces.remove(workspace)`,
      'salvage:copied',
    )
    expect((await once(engine, 'exit'))[1]).toBe('SIGKILL')
    const workspaces = directoryWorkspaces({ result })
    const { salvaged } = await workspaces.remove({ attemptId: 'attempt_1' as AttemptId })
    expect(readFileSync(join(salvaged as string, 'files/work.txt'), 'utf8')).toBe('unmerged')
    expect(readdirSync(salvaged as string).toSorted()).toEqual(['files', 'salvage.json'])
  })

  it('loses no update and repeats none, however often processes die', async () => {
    // Each engine adds lines to one shared file for ever; the number of an attempt is its line.
    const worker = (name: string) => `
      for (let n = Date.now(); ; n += 1) {
        const attemptId = ${JSON.stringify(name)} + '-' + process.pid + '-' + n
        const workspace = await workspaces.prepare(request(attemptId), signal)
        appendFileSync(workspace.path + '/shared.txt', attemptId + '\\n')
        writeFileSync(workspace.path + '/' + attemptId, attemptId)
        appendFileSync(${JSON.stringify(join(place, 'attempts'))}, attemptId + '\\n')
        const trial = await workspaces.tryMerge(workspace, signal)
        const land = async () => trial.ok && (await workspaces.land(trial, async () => {}))
        await land().catch((error) => { if (!error.retryable) throw error })
        await workspaces.remove(workspace)
      }`
    writeFileSync(join(result, 'shared.txt'), '')
    const kills = 8
    const names = ['one', 'two']
    const engines = names.map((name) => startEngine(worker(name)))
    let enough = 0
    for (let kill = 0; kill < kills; kill += 1) {
      const victim = kill % names.length
      // Let some work land first, then strike at any moment of the next attempt.
      enough = await moreLines(join(result, 'shared.txt'), enough)
      await new Promise((resolve) => setTimeout(resolve, (kill * 7) % 23))
      engines[victim]?.kill('SIGKILL')
      await once(engines[victim] as ChildProcess, 'exit')
      engines[victim] = startEngine(worker(names[victim] as string))
    }
    for (const engine of engines) {
      engine.kill('SIGKILL')
      if (engine.signalCode === null) await once(engine, 'exit')
    }

    const workspaces = directoryWorkspaces({ result })
    const attempts = readFileSync(join(place, 'attempts'), 'utf8').trim().split('\n')
    const landed: string[] = []
    for (const attempt of attempts) {
      if ((await workspaces.landed(attempt as AttemptId, 1)) !== null) landed.push(attempt)
    }
    const lines = readFileSync(join(result, 'shared.txt'), 'utf8').trim().split('\n')
    expect(lines.toSorted()).toEqual(landed.toSorted())
    expect(new Set(lines).size).toBe(lines.length)
    const own = readdirSync(result).filter((name) => name !== '.cueline' && name !== 'shared.txt')
    expect(own.toSorted()).toEqual(landed.toSorted())
    for (const left of await workspaces.list()) await workspaces.remove(left)
    expect(landed.length).toBeGreaterThan(kills / 2)
  }, 60_000)
})

/** Resolves with the number of lines as soon as there are more than `known`. */
async function moreLines(file: string, known: number): Promise<number> {
  const count = () => readFileSync(file, 'utf8').split('\n').length - 1
  await expect.poll(count, { interval: 5, timeout: 20_000 }).toBeGreaterThan(known)
  return count()
}
