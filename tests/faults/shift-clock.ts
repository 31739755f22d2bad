import { join } from 'node:path'
import { endOf, startEngine } from './engine.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

const hourMs = 3_600_000

/** One engine's Date is an hour ahead, an hour behind, or jumps; another one's is right. */
export const shiftClock: Scenario = {
  name: 'clock',
  title: 'projects on which an engine works whose clock is wrong by an hour',
  amounts: { ci: 3, full: 30 },
  async run({ amount, progress, ...options }) {
    let lost = 0
    for (let round = 0; round < amount; round += 1) {
      lost += await atPlace(options, round, async (place, random) => {
        const projectId = await createProject(place, random, { tasks: 12, dependency: 0.1 })
        const leaseMs = 10_000
        const shifted = {
          CUELINE_CLOCK_SHIFT_MS: String(round % 3 === 1 ? -hourMs : hourMs),
          ...(round % 3 === 2 && { CUELINE_CLOCK_JUMPS: '1' }),
        }
        const wrong = startEngine(place, {
          projectId,
          leaseMs,
          nodeArguments: ['--import', join(import.meta.dirname, 'shifted-clock.mjs')],
          environment: shifted,
        })
        const right = startEngine(place, { projectId, leaseMs })
        await Promise.all([endOf(wrong), endOf(right)])
        const events = await checkProject(place, projectId)
        const interrupted = events.filter(({ type }) => type === 'attempt.interrupted').length
        // The database's own clock decides there: nobody's lease may lapse.
        if ('postgres' in place.address && interrupted > 0) {
          throw new Error(`${interrupted} leases lapsed because of a clock that is wrong.`)
        }
        return interrupted
      })
      progress(`${round + 1}/${amount} projects, ${lost} leases lost, one outcome each`)
    }
    return { projects: amount, leasesLost: lost }
  },
}
