import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Repository } from './repository.ts'

/** The commit that the integration branch is at. */
export async function tipOf(place: Repository, signal?: AbortSignal): Promise<string> {
  const { refs, target } = place
  const loose = await looseRef(place, target)
  if (loose !== null) return loose
  return (await refs(['rev-parse', '--verify', `${target}^{commit}`], { signal })).trim()
}

async function looseRef({ common }: Repository, ref: string): Promise<string | null> {
  const text = await readFile(join(common, ref), 'utf8').catch(() => '')
  return /^[0-9a-f]{40,64}\n$/.test(text) ? text.trim() : null
}

/** What a ref names, or null where there is none; without a process where refs are files, as nearly always. */
export async function refAt(place: Repository, ref: string): Promise<string | null> {
  const { common, refs } = place
  if (/^refs\/[\w./@+-]+$/.test(ref) && !ref.includes('..') && !(await hasTables(common))) {
    // In git's own order: a ref that is packed in between is in the second when it has left the first.
    const loose = await looseRef(place, ref)
    if (loose !== null) return loose
    const isFile = await stat(join(common, ref)).then(
      (found) => found.isFile(),
      () => false,
    )
    if (!isFile) return await packedRef(common, ref)
  }
  const found = (await refs(['for-each-ref', '--format=%(objectname) %(refname)', ref])).split('\n')
  return found.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0] ?? null
}

async function packedRef(common: string, ref: string): Promise<string | null> {
  const packed = await readFile(join(common, 'packed-refs'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  })
  const line = packed.split('\n').find((each) => each.endsWith(` ${ref}`) && !each.startsWith('#'))
  return line?.split(' ')[0] ?? null
}

/** Whether refs are in tables (`extensions.refStorage = reftable`) and not in files. */
function hasTables(common: string): Promise<boolean> {
  return stat(join(common, 'reftable')).then(
    () => true,
    () => false,
  )
}

export function shortName(ref: string): string {
  return ref.replace(/^refs\/heads\//, '')
}
