import { describe, expect, it } from 'vitest'

import { gitWorkspaces } from './git-workspaces.ts'
import { databaseSlugOf, environmentOf, filledIn } from './setup-environment.ts'
import { checkedSetup } from './workspace-setup.ts'
import type { Manifest } from './manifest.ts'

const said = (setup: unknown): string => {
  try {
    checkedSetup(setup)
    return 'accepted'
  } catch (error) {
    return (error as Error).message
  }
}

describe('the set-up that a host gives [X-07, X-11]', () => {
  it.each([
    ['a list', [], /it is \[\], and must be an object/],
    ['a word that nobody knows', { copies: [] }, /"copies" is \[\].*only copy, link, run/],
    ['a path out of the repository', { copy: ['../secret'] }, /"copy"\[0\] is "\.\.\/secret"/],
    ['an absolute path', { link: ['/etc/passwd'] }, /"link"\[0\].*a path inside the repository/],
    ['a path of another system', { copy: ['C:/x', 'a\\b'] }, /"copy"\[0\]/],
    ['the folder of git', { copy: ['a/.GIT/config'] }, /outside of \.git and \.cueline/],
    ['a NUL in a path', { copy: ['a\0b'] }, /"copy"\[0\]/],
    ['a shell string', { run: ['npm ci'] }, /"run"\[0\] is "npm ci".*\["npm", "ci"\]/],
    ['no program', { teardown: [[]] }, /"teardown"\[0\] is \[\]/],
    ['a command with a number', { run: [['sleep', 1]] }, /"run"\[0\]/],
    ['a port under no name', { ports: ['8080'] }, /"ports"\[0\] is "8080".*such as "PORT"/],
    ['one port twice', { ports: ['A', 'A'] }, /"ports"\[1\] is "A".*another/],
    ['a port that is set, too', { ports: ['A'], env: { A: '1' } }, /"env" "A".*one of "ports"/],
    ['a range upside down', { portRange: [9, 8] }, /"portRange" is \[9,8\].*the lower first/],
    ['a range of texts', { portRange: ['1', '2'] }, /"portRange"/],
    ['a number as a variable', { env: { A: 1 } }, /"env" "A" is 1, and must be a text/],
    ["one of Cueline's variables", { env: { CUELINE_FENCE: '9' } }, /set by Cueline/],
    ['an unknown placeholder', { env: { A: '{user}' } }, /"env" "A".*without \{user\}/],
    ['a port that is not claimed', { run: [['x', '{port:WEB}']] }, /without \{port:WEB\}/],
    ['no time', { timeoutMs: 0 }, /"timeoutMs" is 0/],
  ])('is refused with %s, and told why', (_what, setup, message) => {
    expect(said(setup)).toMatch(message)
    expect(() => gitWorkspaces({ repository: '.', setup: setup as object })).toThrow(message)
  })

  it('may leave everything out, and use braces for something else', () => {
    expect(said(undefined)).toBe('accepted')
    expect(said({})).toBe('accepted')
    expect(said({ run: [['echo', '{"a": {}}', '${HOME}']] })).toBe('accepted')
  })

  it('is refused with limits that are none', () => {
    const limited = (options: object) => () => gitWorkspaces({ repository: '.', ...options })
    expect(limited({ maxWorkspaces: 0 })).toThrow(/maxWorkspaces is 0; give a whole number/)
    expect(limited({ maxWorkspaces: 1.5 })).toThrow(/maxWorkspaces is 1\.5/)
    expect(limited({ minFreeBytes: -1 })).toThrow(/minFreeBytes is -1/)
    expect(limited({ minFreeBytes: Number.NaN })).toThrow(/minFreeBytes is NaN/)
  })
})

describe('the variables of a workspace [X-07]', () => {
  const manifest = {
    attemptId: 'attempt_1',
    code: 'GH-12: Größe; DROP TABLE',
    temp: '/tmp/cueline-0',
    ports: { WEB: 20_001 },
  } as unknown as Manifest

  it('are a temp folder, a name that databases take, its ports, and what the host adds', () => {
    const setup = checkedSetup({
      ports: ['WEB'],
      env: { URL: 'http://127.0.0.1:{port:WEB}/{attempt}', DB: 'app_{slug}', T: '{temp}/x' },
    })
    expect(environmentOf(setup, manifest)).toEqual({
      TMPDIR: '/tmp/cueline-0',
      TMP: '/tmp/cueline-0',
      TEMP: '/tmp/cueline-0',
      CUELINE_SLUG: databaseSlugOf(manifest),
      WEB: '20001',
      URL: 'http://127.0.0.1:20001/attempt_1',
      DB: `app_${databaseSlugOf(manifest)}`,
      T: '/tmp/cueline-0/x',
    })
  })

  it('have a name that is safe whatever the code of the task is, and another for each attempt', () => {
    const slugs = ['T1', '12', '', '漢字', "a'; --", 'x'.repeat(500), '../../etc', '__proto__'].map(
      (code, at) => databaseSlugOf({ code, attemptId: `attempt_${at}` as Manifest['attemptId'] }),
    )
    for (const slug of slugs) expect(slug).toMatch(/^[a-z][a-z0-9_]{0,36}$/)
    expect(new Set(slugs).size).toBe(slugs.length)
  })

  it('are filled in once: what a placeholder stands for is not looked at again', () => {
    expect(filledIn('{temp}', { ...manifest, temp: '/x/{slug}' })).toBe('/x/{slug}')
    expect(filledIn('{port:__proto__}', manifest)).toBe('{port:__proto__}')
  })
})
