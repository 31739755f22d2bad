import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Manifest } from './manifest.ts'
import { lineOf, nameOf } from './names.ts'
import { emptyTree } from './empty-tree.ts'
import { refAt } from './refs.ts'
import type { Repository } from './repository.ts'

/**
 * Keeps every commit that an agent made in its workspace reachable, also those that it took back
 * later: one ref names a commit whose parents are all of them. The ref's name, or null when the
 * agent made none.
 */
export async function keepCommits(place: Repository, manifest: Manifest): Promise<string | null> {
  const { content, refs } = place
  const { attemptId, code } = manifest
  const tips = await agentTips(place, manifest)
  if (tips.length === 0) return null
  const ref = `refs/cueline/commits/${nameOf(attemptId)}`
  // Another process may have removed the workspace half: what it has kept stays kept.
  const kept = (await refAt(place, ref)) !== null
  const before = kept ? (await refs(['for-each-ref', '--format=%(parent)', ref])).trim().split(' ') : [] // prettier-ignore
  const parents = [...new Set([...tips, ...before])].filter((object) => object !== '')
  const empty = await emptyTree(place)
  const commit = await content(
    ['commit-tree', empty, ...parents.flatMap((parent) => ['-p', parent])],
    {
      input: `Commits made in the workspace of ${lineOf(attemptId)}\n\nCueline-Task: ${lineOf(code)}\nCueline-Attempt: ${lineOf(attemptId)}\n`,
    },
  )
  await refs(['update-ref', ref, commit.stdout.trim()])
  return ref
}

/** The ends of all history that an agent made in its workspace, also of what it took back later. */
export async function agentTips(place: Repository, manifest: Manifest): Promise<readonly string[]> {
  const { content } = place
  const { base, branch, gitFolder } = manifest
  const seen = new Set<string>()
  const read = async (file: string) => {
    const text = await readFile(file, 'utf8').catch(() => '')
    for (const [object] of text.matchAll(/\b[0-9a-f]{40,64}\b/g)) seen.add(object)
  }
  if (gitFolder !== null) {
    await read(join(gitFolder, 'HEAD'))
    await read(join(gitFolder, 'ORIG_HEAD'))
    await read(join(gitFolder, 'logs', 'HEAD'))
  }
  seen.add((await refAt(place, branch)) ?? '')
  const candidates = [...seen].filter((object) => object !== base && !/^0*$/.test(object))
  if (candidates.length === 0) return []
  // What is no commit, or not there, is passed over: an agent may have written these files.
  const tips = await content(['rev-list', '--no-walk', '--ignore-missing', '--stdin'], {
    input: [...candidates, `^${base}`].join('\n'),
  })
  return tips.stdout.split('\n').filter((line) => line !== '')
}
