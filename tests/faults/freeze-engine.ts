import { createCueline, type Cueline } from '@cueline/core'
import { endOf, type Engine, startEngine } from './engine.ts'
import { openStorage } from './place.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

/** SIGSTOP while it holds work, until others have taken it over; then SIGCONT: it wakes up late. */
export const freezeEngine: Scenario = {
  name: 'freeze',
  title: 'engines frozen beyond their leases while others take over, then woken',
  amounts: { ci: 3, full: 40 },
  async run({ amount, progress, ...options }) {
    let lost = 0
    for (let round = 0; round < amount; round += 1) {
      lost += await atPlace(options, round, async (place, random) => {
        const projectId = await createProject(place, random, { tasks: 9, dependency: 0.1 })
        const cueline = await createCueline({ storage: await openStorage(place.address) })
        const sleeper = startEngine(place, { projectId, work: { kind: 'slow', ms: 60 } })
        const claims = 1 + Math.floor(random() * 5)
        await Promise.race([untilClaims(cueline, projectId, claims), endOf(sleeper)])
        await freezeBetweenTransactions(sleeper, cueline, projectId)
        await cueline.close()
        const other = startEngine(place, { projectId })
        await endOf(other).finally(() => sleeper.kill('SIGCONT'))
        await endOf(sleeper)
        const events = await checkProject(place, projectId)
        return events.filter(({ type }) => type === 'attempt.interrupted').length
      })
      progress(`${round + 1}/${amount} engines frozen, ${lost} leases lost, no late word accepted`)
    }
    return { frozen: amount, leasesLost: lost }
  },
}

/**
 * A process that stops inside a transaction keeps everybody out until it goes on (SQLite) or the
 * server ends its session (Postgres), so this looks whether the storage can be written.
 */
async function freezeBetweenTransactions(
  engine: Engine,
  cueline: Cueline,
  projectId: string,
): Promise<void> {
  for (;;) {
    engine.kill('SIGSTOP')
    const written = cueline.projects.update({ projectId, name: 'Somebody is frozen' }).then(
      () => true,
      () => false,
    )
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), 300)
    })
    const free = await Promise.race([written, late])
    clearTimeout(timer)
    if (free) return
    engine.kill('SIGCONT')
    await written
  }
}

async function untilClaims(cueline: Cueline, projectId: string, claims: number): Promise<void> {
  const { signal } = new AbortController()
  let seen = 0
  for await (const event of cueline.watch({ projectId, signal })) {
    if (event.type === 'attempt.started') seen += 1
    if (seen >= claims) return
  }
}
