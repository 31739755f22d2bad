import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { approvalQuestion, approves, protectedChanges, protectedPaths } from './protected-paths.ts'

const found = (changed: readonly string[], rules: Parameters<typeof protectedChanges>[1] = {}) =>
  protectedChanges({ changed }, rules)

describe('protected paths [X-06]', () => {
  it('are what agents, editors, git and build servers obey, at any depth', () => {
    expect(
      found([
        'src/index.ts',
        '.claude/settings.json',
        'packages/a/.claude/hooks/run.sh',
        'CLAUDE.md',
        'packages/a/AGENTS.md',
        '.github/workflows/ci.yml',
        '.github/ISSUE_TEMPLATE.md',
        'docs/about-CLAUDE.md',
        'claude/readme.md',
        '.gitignore',
        'package.json',
      ]),
    ).toEqual([
      '.claude/settings.json',
      '.github/workflows/ci.yml',
      'CLAUDE.md',
      'packages/a/.claude/hooks/run.sh',
      'packages/a/AGENTS.md',
    ])
  })

  it('include the folder itself, when a file or a link takes its place', () => {
    expect(found(['.claude', '.vscode', '.github'])).toEqual(['.claude', '.vscode'])
    const links = new Map([['.github', 'ci']])
    expect(protectedChanges({ changed: ['.github'], links }, {})).toEqual(['.github'])
  })

  it('are found whatever case, Unicode form or invisible character is used', () => {
    const names = [
      '.CLAUDE/settings.json',
      'claude.MD',
      '.cl\u200Caude/settings.json',
      '.ｃｌａｕｄｅ/settings.json',
      'CLAUDE.md.',
      'CLAUDE.md ',
      '.Git\u202Eattributes',
      'CLAUDE.md:stream',
      '.claude\\settings.json',
    ]
    expect(found(names)).toEqual(names.toSorted())
  })

  it('lead by a link to files that are protected with them', () => {
    const links = new Map([
      ['.claude', 'config/agents'],
      ['config/agents', '../shared'],
      ['.github', 'ci'],
      ['all', '.'],
      ['out', '../elsewhere'],
      ['absolute', '/etc'],
    ])
    const changed = [
      'config/agents/x.json',
      'ci/workflows/a.yml',
      'ci/other.md',
      'shared/x.json',
      'b',
    ]
    expect(protectedChanges({ changed, links }, {})).toEqual([
      'ci/workflows/a.yml',
      'config/agents/x.json',
      'shared/x.json',
    ])
  })

  it('hold where links are made to have names without end', () => {
    const links = new Map(
      Array.from({ length: 400 }, (_none, at) => [`loop${at}`, at % 2 === 0 ? '.' : 'loop0']),
    )
    expect(protectedChanges({ changed: ['a/b'], links }, {})).toEqual(['a/b'])
  })

  it('may be changed by a task that declares them, not by one that declares everything', () => {
    const changed = ['.github/workflows/ci.yml', 'CLAUDE.md']
    const left = (...touches: string[]) => found(changed, { touches })
    expect(left('.github/workflows/ci.yml')).toEqual(['CLAUDE.md'])
    expect(left('.github/workflows/*.yml')).toEqual(['CLAUDE.md'])
    expect(left('.github/workflows/', '**/CLAUDE.md')).toEqual([])
    for (const all of ['**', '**/*', '*', '.github/**', '**/*.md', '.', '']) {
      expect(left(all), all).toEqual(changed)
    }
  })

  it('are what the host says, and what it allows is not', () => {
    expect(found(['CLAUDE.md', 'secrets/a'], { paths: ['secrets/'] })).toEqual(['secrets/a'])
    expect(found(['x/secrets/a', 'secrets/a'], { paths: ['/secrets'] })).toEqual(['secrets/a'])
    expect(found(['a.lock', 'b/c.lock'], { paths: ['*.lock'] })).toEqual(['a.lock', 'b/c.lock'])
    expect(found(['CLAUDE.md', '.claude/a', '.claude/skills/b'], { allow: ['.claude/skills/'] })).toEqual(['.claude/a', 'CLAUDE.md']) // prettier-ignore
    expect(found(protectedPaths, { allow: ['**'] })).toEqual([])
  })

  it('are found in any company', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (others, folders) => {
        const hidden = [...folders.map((each) => each.replaceAll('/', '')), '.mcp.json'].join('/')
        expect(found([...others, hidden])).toContain(hidden)
      }),
    )
  })
})

describe('the question whether protected changes may land [X-06]', () => {
  it('is the same for the same contents only', () => {
    const ask = (...entries: [string, string][]) =>
      approvalQuestion('T1', entries.map(([path]) => path), new Map(entries)) // prettier-ignore
    expect(ask(['CLAUDE.md', '1'])).toMatch(
      /^T1 changes what is protected: CLAUDE\.md \(contents [0-9a-f]{12}\)\. May it land\?$/,
    )
    expect(ask(['CLAUDE.md', '1'])).toBe(ask(['CLAUDE.md', '1']))
    expect(ask(['CLAUDE.md', '1'])).not.toBe(ask(['CLAUDE.md', '2']))
  })

  it('shows names as they are safe to read, and not more than a person reads', () => {
    const paths = Array.from({ length: 30 }, (_none, at) => `.claude/\u202E\n${at}`)
    const text = approvalQuestion('T1', paths, undefined)
    expect(text).toContain('and 10 more')
    expect(text).not.toMatch(/[\n\u202E]/)
  })

  it('is answered by one word', () => {
    expect(['approve', ' Approve\n', 'refuse', 'no', ''].map(approves)).toEqual([true, true, false, false, false]) // prettier-ignore
  })
})
