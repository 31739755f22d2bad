import { execFile } from 'node:child_process'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type MakePlace, sqlitePlace } from './place.ts'
import type { Scenario } from './scenario.ts'
import { whileEnginesWork } from './while-engines-work.ts'

const run = promisify(execFile)

/** Whether this process may mount disks, as root may on Linux. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0

/** The disk of a SQLite database is full for a while, at any moment; what the agents write lies elsewhere. */
export const fullDisk: Scenario = whileEnginesWork({
  name: 'disk',
  title: 'times that the disk of the database is full while two engines work',
  amounts: { ci: 5, full: 100 },
  async harm(random, { address }) {
    if (!('sqlite' in address)) throw new Error('Only a SQLite database has a disk of its own.')
    const ballast = `${address.sqlite}.ballast`
    await fill(ballast)
    await delay(random() * 1_000)
    await rm(ballast)
  },
})

/** A place whose database has a disk of its own, of 32 MB. */
export const smallDiskPlace: MakePlace = async () => {
  const place = await sqlitePlace()
  const disk = join(place.folder, 'disk')
  await mkdir(disk)
  await run('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'cueline-faults', disk])
  return {
    ...place,
    address: { sqlite: join(disk, 'cueline.db') },
    async remove() {
      await run('umount', [disk])
      await place.remove()
    },
  }
}

async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w')
  const block = Buffer.alloc(4_096)
  try {
    for (;;) await handle.write(block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    await handle.close()
  }
}
