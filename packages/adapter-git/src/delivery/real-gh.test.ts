import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createForge } from './forge.ts'

const { stdout, error } = spawnSync('gh', ['--version'], { encoding: 'utf8' })
const version = error === undefined ? (/^gh version (\S+)/.exec(stdout)?.[1] ?? null) : null
const never = new AbortController().signal

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cueline-gh-'))
  vi.stubEnv('GH_TOKEN', 'none')
  vi.stubEnv('GH_ENTERPRISE_TOKEN', 'none')
  vi.stubEnv('GH_CONFIG_DIR', cwd)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cwd, { recursive: true })
})

/** A forge in a domain that never exists, so that nobody is ever asked. */
const forge = () =>
  createForge({
    command: ['gh'],
    environment: [],
    timeoutMs: 20_000,
    cwd,
    url: 'https://forge.invalid/green/house.git',
  })

/** What went wrong in each of our calls. */
async function said({ find, view, edit, create }: ReturnType<typeof createForge>) {
  const words = { branch: 'cueline/deliver/green-1', base: 'main', title: 'One', body: 'Two' }
  const calls = [
    find(words.branch, words.base, never),
    view('7', never),
    edit('7', words, never),
    create({ ...words, key: 'green-1', commit: '0'.repeat(40) }, never),
  ]
  const outcomes = await Promise.allSettled(calls)
  return outcomes.map((each) => (each.status === 'rejected' ? String(each.reason) : 'no error'))
}

/** gh checks arguments and the names of JSON fields before it asks anybody. */
const wanted =
  version === null
    ? { answer: /gh auth login/, flag: /^undefined$/, field: /^undefined$/ }
    : {
        answer: /error connecting to|could not resolve|no such host|dial tcp/i,
        flag: /unknown flag/,
        field: /unknown JSON field/i,
      }

/** Where there is no gh it holds how that is told; docs/delivery.md names the version it was checked with. */
describe(`the real gh (${version ?? 'not installed here'}) [S4-06]`, () => {
  it('takes every argument and field that we give it, and gets as far as the network', async () => {
    const answers = await said(forge())
    expect(answers).toHaveLength(4)
    for (const text of answers) {
      expect(text).toMatch(wanted.answer)
      expect(text).not.toMatch(/unknown|usage:|available fields/i)
    }
  })

  it('would say so if it did not know one of them', () => {
    const ask = (...args: string[]) =>
      String(
        spawnSync('gh', ['pr', 'list', '--repo=forge.invalid/green/house', ...args], {
          cwd,
          encoding: 'utf8',
        }).stderr,
      )
    expect(ask('--no-such-flag')).toMatch(wanted.flag)
    expect(ask('--json=number,noSuchField')).toMatch(wanted.field)
  })
})
