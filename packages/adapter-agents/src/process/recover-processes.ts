import { rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'

import { processFamily } from './process-family.ts'
import { processRecords, scratchPrefix } from './process-records.ts'
import { cookieName } from './run-process.ts'

/**
 * Ends the processes whose engine has died, agents and gates alike, and removes their scratch
 * folders. Those of engines that live are left alone. Resolves when they are gone.
 */
export async function recoverProcesses(stateFolder: string): Promise<void> {
  const records = processRecords(stateFolder)
  const orphaned = await records.orphaned()
  await Promise.all(
    orphaned.map(async ({ cookie, root, scratch }) => {
      // Nobody reads their output any more, so there is nothing to be polite for.
      const left = await processFamily({ root, cookie: `${cookieName}=${cookie}` }).end(0)
      if (left.length > 0) return
      if (scratch !== null && isScratch(stateFolder, scratch)) {
        await rm(scratch, { recursive: true, force: true })
      }
      records.remove(cookie)
    }),
  )
}

/** A record cannot have just any folder removed. */
function isScratch(stateFolder: string, path: string): boolean {
  return dirname(path) === resolve(stateFolder) && basename(path).startsWith(scratchPrefix)
}
