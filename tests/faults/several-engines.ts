import { endOf, startEngine } from './engine.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

/** Eight engines want every work order; one gets it. Small batches, so that they also race to promote. */
export const raceClaims: Scenario = {
  name: 'claims',
  title: 'work orders that eight engines race for, and their batches',
  amounts: { ci: 2_000, full: 100_000 },
  async run({ amount, progress, ...options }) {
    const tasks = 2_000
    let raced = 0
    let promotions = 0
    for (let round = 0; raced < amount; round += 1) {
      const engines = round % 2 === 0 ? 8 : 2
      await atPlace(options, round, async (place, random) => {
        const projectId = await createProject(place, random, {
          tasks,
          dependency: 0,
          batchSize: 50,
          settings: { releaseOn: 'verified' },
        })
        const running = Array.from({ length: engines }, () =>
          startEngine(place, { projectId, leaseMs: 30_000, work: { kind: 'nothing' } }),
        )
        await Promise.all(running.map(endOf))
        const events = await checkProject(place, projectId, { files: false })
        const count = (type: string) => events.filter((event) => event.type === type).length
        if (count('attempt.started') !== tasks) {
          throw new Error(`${count('attempt.started')} claims of ${tasks} work orders.`)
        }
        if (count('batch.promoted') !== tasks / 50) {
          throw new Error(`${count('batch.promoted')} promotions of ${tasks / 50} batches.`)
        }
        promotions += count('batch.promoted')
      })
      raced += tasks
      progress(`${raced}/${amount} work orders, each claimed once`)
    }
    return { workOrders: raced, promotions }
  },
}
