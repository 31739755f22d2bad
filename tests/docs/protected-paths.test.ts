import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

import { protectedPaths } from '@cueline/core'
import { describe, expect, it } from 'vitest'

const file = join(import.meta.dirname, '..', '..', 'docs', 'workspaces.md')
const [begin, end] = ['<!-- protected-paths -->', '<!-- /protected-paths -->']

describe('the protected paths in docs/workspaces.md', () => {
  it('are those that the code protects', () => {
    const page = readFileSync(file, 'utf8')
    const from = page.indexOf(begin) + begin.length
    const list = protectedPaths.map((path) => `\`${path}\``).join(', ')
    const drawn = `${page.slice(0, from)}\nProtected unless you say otherwise: ${list}.\n${page.slice(page.indexOf(end))}`
    // `UPDATE_DOCS=1 npm test -- tests/docs` writes them anew.
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, drawn)
    else expect(page).toBe(drawn)
  })
})
