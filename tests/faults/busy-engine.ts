import { endOf, startEngine } from './engine.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

/** A runner that blocks the event loop beyond its lease: heartbeats stop with everything else. */
export const busyEngine: Scenario = {
  name: 'busy',
  title: 'pairs of engines whose runners block their process beyond the lease',
  amounts: { ci: 1, full: 10 },
  async run({ amount, progress, ...options }) {
    let lost = 0
    for (let round = 0; round < amount; round += 1) {
      lost += await atPlace(options, round, async (place, random) => {
        const projectId = await createProject(place, random, { tasks: 6, dependency: 0.2 })
        const engines = [1, 2].map(() =>
          startEngine(place, { projectId, workers: 2, work: { kind: 'busy', ms: 400 } }),
        )
        await Promise.all(engines.map(endOf))
        const events = await checkProject(place, projectId)
        return events.filter(({ type }) => type === 'attempt.interrupted').length
      })
      progress(`${round + 1}/${amount} pairs, ${lost} leases lost, one outcome each`)
    }
    return { pairs: amount, leasesLost: lost }
  },
}
