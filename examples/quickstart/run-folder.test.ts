import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { parseCommandLine } from './command-line.ts'
import { lastOptions, takeFolder } from './run-folder.ts'

let folder: string
const fresh = parseCommandLine(['--workers', '3', '--folder', 'chosen'])
const again = parseCommandLine(['--resume'])

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-folder-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the folder of a run', () => {
  it('is emptied for a new run and left as it is for one that goes on', () => {
    takeFolder(folder, fresh)()
    const work = join(folder, 'result', 'work.ts')
    writeFileSync(work, 'x')
    takeFolder(folder, again)()
    expect(existsSync(work)).toBe(true)
    takeFolder(folder, fresh)()
    expect(existsSync(work)).toBe(false)
    expect(JSON.parse(readFileSync(join(folder, 'result/package.json'), 'utf8'))).toMatchObject({
      type: 'module',
    })
  })

  it('keeps the options of the last run', () => {
    expect(lastOptions(folder)).toBeNull()
    takeFolder(folder, fresh)()
    expect(lastOptions(folder)).toEqual(fresh)
  })

  it('is never emptied when something else lives there', () => {
    writeFileSync(join(folder, 'diary.txt'), 'dear')
    expect(() => takeFolder(folder, fresh)).toThrow('is not empty')
    expect(readFileSync(join(folder, 'diary.txt'), 'utf8')).toBe('dear')
  })

  it('is ours to empty when nobody chose another', () => {
    writeFileSync(join(folder, 'of-an-older-version.json'), '{}')
    takeFolder(folder, parseCommandLine([]))()
    expect(existsSync(join(folder, 'of-an-older-version.json'))).toBe(false)
  })

  it('is not taken from a run that goes on, but from one that died', () => {
    const note = join(folder, 'quickstart.json')
    writeFileSync(note, JSON.stringify({ options: fresh, pid: process.ppid }))
    expect(() => takeFolder(folder, again)).toThrow(`Process ${process.ppid} works in`)
    writeFileSync(note, JSON.stringify({ options: fresh, pid: 2 ** 22 + 1 }))
    takeFolder(folder, again)()
  })
})
