import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { isBuilt, sourcesHash, stampOf } from './built-stamp.ts'
import { temporaryTree } from './temporary-tree.ts'

function builtTree() {
  const root = temporaryTree({
    'package.json': '{}',
    'packages/core/package.json': '{}',
    'packages/core/src/index.ts': 'export const one = 1\n',
    'packages/core/src/index.test.ts': '',
    'packages/core/dist/index.js': 'const one = 1\n',
  })
  const dist = join(root, 'packages/core/dist')
  const stamp = join(root, 'stamp')
  writeFileSync(stamp, stampOf(sourcesHash(root), dist))
  const built = () => isBuilt(stamp, sourcesHash(root), dist)
  return { root, dist, stamp, built }
}

describe('a package that is built already', () => {
  it('is known while neither its sources nor its files change', () => {
    const { root, built } = builtTree()
    expect(built()).toBe(true)
    writeFileSync(join(root, 'packages/core/src/index.test.ts'), 'changed')
    expect(built()).toBe(true)
  })

  it.each(['package.json', 'packages/core/package.json', 'packages/core/src/index.ts'])(
    'is built again when %s changes',
    (file) => {
      const { root, built } = builtTree()
      writeFileSync(join(root, file), 'changed')
      expect(built()).toBe(false)
    },
  )

  it('is built again when a new source appears, or what was made is changed or gone', () => {
    const added = builtTree()
    writeFileSync(join(added.root, 'packages/core/src/new.ts'), '')
    const changed = builtTree()
    writeFileSync(join(changed.dist, 'index.js'), 'const one = 2222\n')
    const gone = builtTree()
    rmSync(gone.dist, { recursive: true })
    const never = builtTree()
    rmSync(never.stamp)
    expect([added, changed, gone, never].map(({ built }) => built())).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})
