import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { AttemptId } from '@cueline/core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { directoryWorkspaces } from './directory/directory-workspaces.ts'
import { makeFolder } from './make-folder.ts'
import { processRecords } from './process/process-records.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'make-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

describe('a folder that is made', () => {
  it('is there with those above it, each with the mode asked for', () => {
    const folder = temporaryFolder()
    makeFolder(join(folder, 'a', 'b'), 'root', 0o700)
    makeFolder(join(folder, 'a', 'b'), 'root', 0o700)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700)
  })

  it('is refused by name and option behind a file', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'taken'), '')
    expect(() => makeFolder(join(folder, 'taken', 'a'), 'root')).toThrow(
      /taken\/a cannot be made \(ENOTDIR\)\. Choose a place you may write to with root\./,
    )
  })
})

// Where nothing can be made Node's own way to make a folder with those above it never ends.
describe.runIf(existsSync('/proc/self'))('a place where no folder can be made [X-07]', () => {
  const refused = (option: string) =>
    expect.objectContaining({
      code: 'invalid-input',
      retryable: false,
      message: expect.stringMatching(
        new RegExp(`^The folder /proc/.* cannot be made .* with ${option}\\.$`),
      ),
    })

  it.each([
    ['result', { result: '/proc/none/deep' }],
    ['result', { result: '/proc' }],
    ['root', { root: '/proc/none/deep' }],
  ])('is no place for the %s of workspaces: %j', async (option, given) => {
    const provider = directoryWorkspaces({ result: temporaryFolder(), ...given })
    await expect(provider.landed('attempt' as AttemptId, 1)).rejects.toEqual(refused(option))
  })

  it('is no place for the state of processes', async () => {
    const records = processRecords('/proc/none/deep')
    await expect(records.makeScratch()).rejects.toEqual(refused('stateFolder'))
  })
})
