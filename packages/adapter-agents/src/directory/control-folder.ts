import { createHash } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { AttemptId, Landed, WorkOrderId, Workspace } from '@cueline/core'

import { makeFolder } from '../make-folder.ts'
import { readIfThere, writeAtomically, writeDurably } from './atomic-file.ts'
import type { Tree } from './scan-tree.ts'

/** The name of the folder in a result that holds everything but the result. */
export const controlName = '.cueline'

/**
 * What is known about a workspace: written before it is filled, so that no workspace exists that
 * nobody knows of.
 */
export interface Manifest {
  readonly attemptId: AttemptId
  readonly fence: number
  /** Absent in manifests of older versions. */
  readonly workOrderId?: WorkOrderId
  /** The folder to work in. */
  readonly path: string
  readonly base: string
  /** What the work is compared with; null while the workspace is still being filled. */
  readonly files: Tree | null
}

/** Where things are beside the result. Names come from our own ids only. */
export function controlFolder(result: string) {
  const root = join(result, controlName)
  const manifests = join(root, 'manifests')
  const landings = join(root, 'landings')
  const manifestOf = (attemptId: AttemptId) => join(manifests, `${fileName(attemptId)}.json`)
  const landingOf = (attemptId: AttemptId, fence: number) =>
    join(landings, `${fileName(attemptId)}.${Math.trunc(fence)}.json`)
  const superseded = join(root, 'superseded')
  const supersededOf = (workOrderId: WorkOrderId) => join(superseded, fileName(workOrderId))
  const supersededFence = async (workOrderId: WorkOrderId) =>
    Number((await readIfThere(supersededOf(workOrderId))) ?? 0)
  return {
    lease: join(root, 'lease'),
    removal: join(root, 'removal'),
    journal: join(root, 'journal.json'),
    sequence: join(root, 'sequence'),
    staging: join(root, 'staging'),
    workspaces: join(root, 'workspaces'),
    trialOf: (attemptId: AttemptId) => join(root, 'trials', fileName(attemptId)),
    salvageOf: (attemptId: AttemptId) => join(root, 'salvage', fileName(attemptId)),

    async open(): Promise<void> {
      makeFolder(manifests, 'result')
      makeFolder(landings, 'result')
      // Whatever the result is kept in, this is not part of it.
      await writeFile(join(root, '.gitignore'), '*\n')
    },

    async writeManifest({ files, ...rest }: Manifest): Promise<void> {
      const content = JSON.stringify({ ...rest, files: files === null ? null : [...files] })
      // Until it is filled there is nothing to lose in a workspace.
      const write = files === null ? writeAtomically : writeDurably
      await write(manifestOf(rest.attemptId), content)
    },
    async readManifest(attemptId: AttemptId): Promise<Manifest | null> {
      return parseManifest(await readIfThere(manifestOf(attemptId)))
    },
    manifestOf,
    async readManifests(): Promise<readonly Manifest[]> {
      const names = (await readdir(manifests)).filter((name) => name.endsWith('.json')).toSorted()
      const texts = await Promise.all(names.map((name) => readIfThere(join(manifests, name))))
      return texts.map(parseManifest).filter((manifest) => manifest !== null)
    },

    /** Claims of a work order up to this fence land nothing any more; needs the folder's lease. */
    async supersede(workOrderId: WorkOrderId, fence: number): Promise<void> {
      await mkdir(superseded, { recursive: true })
      const before = await supersededFence(workOrderId)
      if (fence > before) await writeDurably(supersededOf(workOrderId), String(fence))
    },
    /** Whether a later claim of the work order has got its workspace. */
    async isSuperseded({
      workOrderId,
      fence,
    }: Pick<Manifest, 'fence'> & {
      readonly workOrderId?: WorkOrderId | undefined
    }): Promise<boolean> {
      return workOrderId !== undefined && fence <= (await supersededFence(workOrderId))
    },

    async writeLanding(attemptId: AttemptId, fence: number, landed: Landed): Promise<void> {
      await writeDurably(landingOf(attemptId, fence), JSON.stringify(landed))
    },
    async readLanding(attemptId: AttemptId, fence: number): Promise<Landed | null> {
      const text = await readIfThere(landingOf(attemptId, fence))
      return text === null ? null : (JSON.parse(text) as Landed)
    },
  }
}

export type ControlFolder = ReturnType<typeof controlFolder>

/** A file name for an id: the id itself when it is as plain as ours are, else its digest. */
export function fileName(id: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,99}$/.test(id)) return id
  return `x${createHash('sha256').update(id).digest('hex')}`
}

export function workspaceOf({ attemptId, fence, path, base }: Manifest): Workspace {
  return { attemptId, fence, path, base }
}

function parseManifest(text: string | null): Manifest | null {
  if (text === null) return null
  try {
    const { files, ...rest } = JSON.parse(text)
    return { ...rest, files: files === null ? null : new Map(files) }
  } catch {
    return null // A power failure cut it off, before the workspace was handed out.
  }
}
