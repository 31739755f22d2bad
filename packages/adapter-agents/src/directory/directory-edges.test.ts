import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type {
  AttemptId,
  ProjectId,
  TaskId,
  WorkOrderId,
  TrialMerge,
  Workspace,
} from '@cueline/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { controlFolder } from './control-folder.ts'
import { directoryWorkspaces } from './directory-workspaces.ts'
import { land, type Landing } from './landing.ts'
import { openPlace, type DirectoryWorkspacesOptions } from './place.ts'
import { makeTrial } from './trial.ts'

let place: string
let result: string
let serial = 0

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'directory-edges-'))
  result = join(place, 'result')
  mkdirSync(result)
})

afterEach(() => rmSync(place, { recursive: true }))

const never = new AbortController().signal
const open = (options: Partial<DirectoryWorkspacesOptions> = {}) =>
  directoryWorkspaces({ result, ...options })
const at = (...parts: string[]) => join(result, ...parts)
const read = (...parts: string[]) => readFileSync(at(...parts), 'utf8')

function request(attemptId = `attempt_${(serial += 1)}`) {
  return {
    projectId: 'project' as ProjectId,
    taskId: 'task' as TaskId,
    code: '../../x\n',
    attemptId: attemptId as AttemptId,
    workOrderId: 'order' as WorkOrderId,
    title: 'In words',
    fence: 1,
  }
}

async function start(workspaces = open()) {
  const workspace = await workspaces.prepare(request(), never)
  return { workspaces, workspace, folder: workspace.path as string }
}

async function tried(workspaces: ReturnType<typeof open>, workspace: Workspace) {
  const trial = await workspaces.tryMerge(workspace, never)
  if (!trial.ok) throw new Error(trial.message)
  return trial
}

const finish = async (workspaces: ReturnType<typeof open>, trial: TrialMerge) =>
  await workspaces.land(trial, async () => {})

describe('people who edit the result while attempts run [X-07]', () => {
  it('are never overwritten, not even between the trial and its landing', async () => {
    writeFileSync(at('a.txt'), 'old')
    const { workspaces, workspace, folder } = await start()
    writeFileSync(join(folder, 'a.txt'), 'by the agent')
    writeFileSync(join(folder, 'b.txt'), 'by the agent')
    const trial = await tried(workspaces, workspace)
    writeFileSync(at('a.txt'), 'by a person')
    await expect(finish(workspaces, trial)).rejects.toMatchObject({ code: 'conflict' })
    expect([read('a.txt'), existsSync(at('b.txt'))]).toEqual(['by a person', false])
    // The lease is free again, and the next trial says it in advance.
    expect(await workspaces.tryMerge(workspace, never)).toMatchObject({
      ok: false,
      conflicts: ['a.txt'],
    })
  })

  it('find nothing changed when something else is in the way of a landing', async () => {
    const { workspaces, workspace, folder } = await start()
    writeFileSync(join(folder, 'a.txt'), 'work')
    mkdirSync(join(folder, 'new'))
    writeFileSync(join(folder, 'new/b.txt'), 'work')
    const trial = await tried(workspaces, workspace)
    // An ignored folder where a file should go, a file where a folder should go.
    mkdirSync(at('a.txt', 'node_modules'), { recursive: true })
    writeFileSync(at('a.txt', 'node_modules', 'x'), '')
    await expect(finish(workspaces, trial)).rejects.toThrow(/a\.txt\/node_modules\/x is in the way/)
    rmSync(at('a.txt'), { recursive: true })
    const second = await tried(workspaces, workspace)
    writeFileSync(at('new'), 'a file')
    await expect(finish(workspaces, second)).rejects.toThrow(/new is in the way/)
    expect([existsSync(at('a.txt')), read('new')]).toEqual([false, 'a file'])
  })

  it('may delete a folder that the work adds to', async () => {
    mkdirSync(at('folder'))
    writeFileSync(at('folder', 'a.txt'), 'old')
    const { workspaces, workspace, folder } = await start()
    writeFileSync(join(folder, 'folder/b.txt'), 'new')
    rmSync(at('folder'), { recursive: true })
    await finish(workspaces, await tried(workspaces, workspace))
    expect(readdirSync(at('folder'))).toEqual(['b.txt'])
  })
})

describe('links in a workspace [X-07]', () => {
  it('stay links, and those that lead out are neither copied nor lost', async () => {
    const outside = join(place, 'outside')
    writeFileSync(outside, 'precious')
    writeFileSync(at('a.txt'), 'a')
    symlinkSync('a.txt', at('inside'))
    symlinkSync(outside, at('absolute'))
    symlinkSync('../outside', at('relative'))
    const { workspaces, workspace, folder } = await start()
    expect(readdirSync(folder).toSorted()).toEqual(['a.txt', 'inside'])
    expect(readlinkSync(join(folder, 'inside'))).toBe('a.txt')
    writeFileSync(join(folder, 'a.txt'), 'b')
    const trial = await tried(workspaces, workspace)
    expect(trial.changed).toEqual(['a.txt'])
    await finish(workspaces, trial)
    expect(readlinkSync(at('absolute'))).toBe(outside)
    expect(readlinkSync(at('relative'))).toBe('../outside')
    expect(readFileSync(outside, 'utf8')).toBe('precious')
    expect(await workspaces.remove(workspace)).toEqual({ salvaged: null })
  })

  it('that lead out do not merge, whatever they are called', async () => {
    mkdirSync(at('deep'))
    writeFileSync(at('deep', 'a.txt'), 'a')
    const { workspaces, workspace, folder } = await start()
    rmSync(join(folder, 'deep'), { recursive: true })
    symlinkSync('/etc', join(folder, 'deep'))
    symlinkSync('deep/../../x', join(folder, 'sly'))
    const trial = await workspaces.tryMerge(workspace, never)
    expect(trial).toMatchObject({ ok: false, conflicts: ['deep', 'sly'], unfit: true })
    expect(lstatSync(at('deep')).isDirectory()).toBe(true)
    const { salvaged } = await workspaces.remove(workspace)
    expect(readlinkSync(join(salvaged as string, 'files/deep'))).toBe('/etc')
  })
})

describe('what a directory workspace holds', () => {
  it('is the result without what is ignored, which is neither landed nor lost', async () => {
    mkdirSync(at('packages/one/node_modules/dep'), { recursive: true })
    mkdirSync(at('.git'))
    writeFileSync(at('.git', 'HEAD'), 'ref')
    writeFileSync(at('packages/one/node_modules/dep', 'index.js'), '1')
    writeFileSync(at('packages/one', 'index.ts'), '1')
    const { workspaces, workspace, folder } = await start()
    expect(readdirSync(folder)).toEqual(['packages'])
    expect(readdirSync(join(folder, 'packages/one'))).toEqual(['index.ts'])
    mkdirSync(join(folder, 'node_modules'))
    writeFileSync(join(folder, 'node_modules/x.js'), '')
    const trial = await tried(workspaces, workspace)
    expect(trial.changed).toEqual([])
    await finish(workspaces, trial)
    expect(await workspaces.remove(workspace)).toEqual({ salvaged: null })
    expect(readdirSync(at()).toSorted()).toEqual(['.cueline', '.git', 'packages'])
  })

  it('can share an ignored folder by a link, in the trial too', async () => {
    mkdirSync(at('node_modules'))
    writeFileSync(at('node_modules', 'dep.js'), 'dep')
    const { workspaces, workspace, folder } = await start(open({ link: ['node_modules'] }))
    expect(readFileSync(join(folder, 'node_modules/dep.js'), 'utf8')).toBe('dep')
    writeFileSync(at('meanwhile.txt'), '')
    writeFileSync(join(folder, 'a.txt'), '')
    const trial = await tried(workspaces, workspace)
    expect(readFileSync(join(trial.path as string, 'node_modules/dep.js'), 'utf8')).toBe('dep')
    await finish(workspaces, trial)
    await workspaces.remove(workspace)
    expect(read('node_modules', 'dep.js')).toBe('dep')
    expect(() => open({ link: ['src'] })).toThrow(/not ignored/)
  })

  it('keeps files executable and readable by their owner, and nothing more', async () => {
    writeFileSync(at('run.sh'), '#!/bin/sh')
    chmodSync(at('run.sh'), 0o4755)
    writeFileSync(at('locked.txt'), 'x')
    chmodSync(at('locked.txt'), 0o444)
    const { workspaces, workspace, folder } = await start()
    expect(statSync(join(folder, 'run.sh')).mode & 0o7777).toBe(0o755)
    expect(statSync(join(folder, 'locked.txt')).mode & 0o777).toBe(0o644)
    chmodSync(join(folder, 'run.sh'), 0o644)
    const trial = await tried(workspaces, workspace)
    expect(trial.changed).toEqual(['run.sh'])
    await finish(workspaces, trial)
    expect(statSync(at('run.sh')).mode & 0o7777).toBe(0o644)
  })

  it('takes file names of any shape, and ids too', async () => {
    const names = [
      '__proto__',
      'line\nbreak',
      '-rf',
      'ü',
      'a\\b',
      ' ',
      '\u202Etxt',
      'x'.repeat(255),
    ]
    const workspaces = open()
    const hostile = request('../../../etc/passwd')
    const workspace = await workspaces.prepare(hostile, never)
    expect((workspace.path as string).startsWith(at('.cueline/workspaces/'))).toBe(true)
    for (const name of names) writeFileSync(join(workspace.path as string, name), name)
    await finish(workspaces, await tried(workspaces, workspace))
    for (const name of names) expect(read(name)).toBe(name)
    expect(await workspaces.landed(hostile.attemptId, 1)).not.toBeNull()
    expect(await workspaces.remove(workspace)).toEqual({ salvaged: null })
  })

  it('may lie elsewhere, but never where it would copy itself', async () => {
    const { folder } = await start(open({ root: join(place, 'elsewhere') }))
    expect(folder.startsWith(join(place, 'elsewhere'))).toBe(true)
    for (const root of [result, at('work')]) {
      await expect(open({ root }).list()).rejects.toThrow(/copied into itself/)
    }
  })

  it('is kept whole and once when several processes remove the same workspace at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { workspace, folder } = await start()
      for (let n = 0; n < 20; n += 1) writeFileSync(join(folder, `${n}.txt`), `work ${n}`)
      const removals = await Promise.all([1, 2, 3].map(() => open().remove(workspace)))
      const kept = removals.flatMap(({ salvaged }) => (salvaged === null ? [] : [salvaged]))
      expect(kept).toHaveLength(1)
      expect(readdirSync(join(kept[0] as string, 'files'))).toHaveLength(20)
      expect(existsSync(folder)).toBe(false)
    }
  })

  it('is kept twice when it is salvaged twice', async () => {
    const workspaces = open()
    const kept: (string | null)[] = []
    for (const text of ['first', 'second']) {
      const workspace = await workspaces.prepare(request('attempt_same'), never)
      writeFileSync(join(workspace.path as string, 'a.txt'), text)
      kept.push((await workspaces.remove(workspace)).salvaged)
    }
    const texts = kept.map((folder) => readFileSync(join(folder as string, 'files/a.txt'), 'utf8'))
    expect(texts).toEqual(['first', 'second'])
  })
})

describe('a merge that nobody finishes [X-07]', () => {
  it('keeps nobody waiting, and is over when its provider is closed', async () => {
    const { workspaces, workspace, folder } = await start()
    writeFileSync(join(folder, 'a.txt'), 'a')
    const trial = await tried(workspaces, workspace)
    await workspaces.close()
    const other = await start()
    await finish(other.workspaces, await tried(other.workspaces, other.workspace))
    await expect(finish(workspaces, trial)).rejects.toMatchObject({ code: 'refused' })
    expect(existsSync(at('a.txt'))).toBe(false)
  })

  it('lands exactly what was tried, or nothing when the agent still writes', async () => {
    const { workspaces, workspace, folder } = await start()
    writeFileSync(join(folder, 'a.txt'), 'tried')
    const trial = await tried(workspaces, workspace)
    writeFileSync(join(folder, 'a.txt'), 'written later')
    await expect(finish(workspaces, trial)).rejects.toMatchObject({ code: 'conflict' })
    expect(existsSync(at('a.txt'))).toBe(false)
  })
})

describe('a landing that stands still while another one lands [X-06, X-07]', () => {
  it('is told so and lands nothing when it was taken over before it was decided', async () => {
    const slow = await start()
    const fast = await start(open({ silenceMs: 50 }))
    writeFileSync(join(slow.folder, 'shared.txt'), 'slow')
    writeFileSync(join(fast.folder, 'shared.txt'), 'fast')
    const trial = await tried(slow.workspaces, slow.workspace)
    const landing = slow.workspaces.land(trial, async () => {
      await fast.workspaces.land(await tried(fast.workspaces, fast.workspace), async () => {})
    })
    await expect(landing).rejects.toMatchObject({ code: 'conflict', retryable: true })
    expect(read('shared.txt')).toBe('fast')
    expect(await slow.workspaces.landed(slow.workspace.attemptId, 1)).toBeNull()
    // Its next trial finds the conflict.
    expect(await slow.workspaces.tryMerge(slow.workspace, never)).toMatchObject({ ok: false })
  })

  it('lands nothing either when it had been confirmed and wakes only then', async () => {
    const slow = await start()
    const fast = await start()
    writeFileSync(join(slow.folder, 'shared.txt'), 'slow')
    writeFileSync(join(fast.folder, 'shared.txt'), 'fast')
    const control = controlFolder(result)
    const place = await openPlace({ result })
    const manifest = await control.readManifest(slow.workspace.attemptId)
    const base = manifest?.files ?? new Map()
    const { landing } = await makeTrial(place, slow.workspace, { base, path: slow.folder })
    // It looks at its lease for the last time, stands still, and the other one lands meanwhile.
    const asleep = { isOurs: async () => true, release: async () => {} }
    const outcome = land(result, control, landing as Landing, asleep, async () => {
      await finish(fast.workspaces, await tried(fast.workspaces, fast.workspace))
    })
    await expect(outcome).rejects.toMatchObject({ code: 'conflict', retryable: true })
    expect(read('shared.txt')).toBe('fast')
    expect(await slow.workspaces.landed(slow.workspace.attemptId, 1)).toBeNull()
    expect(read('shared.txt')).toBe('fast')
  })
})

describe('folders that may not be written', () => {
  /** Runs lines against `workspaces` as a user whom file modes concern: root ignores them. */
  async function asNobody(script: string): Promise<string> {
    const source = JSON.stringify(new URL('./directory-workspaces.ts', import.meta.url).href)
    const whole = `
      import * as fs from 'node:fs'
      import { directoryWorkspaces } from ${source}
      const result = ${JSON.stringify(result)}
      const workspaces = directoryWorkspaces({ result })
      const signal = new AbortController().signal
      const request = { projectId: 'p', taskId: 't', code: 'c', attemptId: 'attempt_1', fence: 1 }
      const workspace = await workspaces.prepare(request, signal)
      process.chdir(workspace.path)
      ${script}`
    const nobody = 65_534
    const root = process.getuid?.() === 0
    for (const folder of root ? [place, result] : []) chownSync(folder, nobody, nobody)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=cueline-source', '--input-type=module', '-e', whole],
      root ? { uid: nobody, gid: nobody } : {},
    )
    return stdout.trim()
  }

  it('are removed with a workspace all the same', async () => {
    const salvaged = await asNobody(`
      fs.mkdirSync('cache'); fs.writeFileSync('cache/x', ''); fs.chmodSync('cache', 0o555)
      const { salvaged } = await workspaces.remove(workspace)
      process.chdir(result)
      console.log(salvaged)`)
    expect(existsSync(join(salvaged, 'files/cache/x'))).toBe(true)
    expect(readdirSync(at('.cueline/workspaces'))).toEqual([])
  })

  it('stop a landing before anything has changed, with words that help', async () => {
    const message = await asNobody(`
      fs.writeFileSync('a.txt', ''); fs.mkdirSync('locked'); fs.writeFileSync('locked/b.txt', '')
      const trial = await workspaces.tryMerge(workspace, signal)
      fs.mkdirSync(result + '/locked'); fs.chmodSync(result + '/locked', 0o555)
      await workspaces.land(trial, async () => {}).catch((error) => console.log(error.message))`)
    expect(message).toMatch(/locked\/b\.txt cannot be landed: the folder .*locked is read-only/)
    expect([existsSync(at('a.txt')), readdirSync(at('locked'))]).toEqual([false, []])
  })
})
