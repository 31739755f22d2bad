import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { drawInto } from './drawn-from-data.ts'

const file = join(import.meta.dirname, '..', '..', 'docs', 'concepts.md')

describe('the tables in docs/concepts.md', () => {
  it('are drawn from the data that the code uses', () => {
    const page = readFileSync(file, 'utf8')
    const drawn = drawInto(page)
    // `UPDATE_DOCS=1 npm test -- tests/docs` writes them anew.
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, drawn)
    else expect(page).toBe(drawn)
  })

  it('are missed when their place is gone', () => {
    expect(() => drawInto('# Concepts')).toThrow('no markers for transitions:task')
  })
})
