import { startEngine } from './engine.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

/** A task that kills every engine which touches it is given up, with a reason; its siblings are done. */
export const poisonTask: Scenario = {
  name: 'poison',
  title: 'tasks that kill every engine which works on them',
  amounts: { ci: 1, full: 10 },
  async run({ amount, progress, ...options }) {
    let starts = 0
    for (let round = 0; round < amount; round += 1) {
      await atPlace(options, round, async (place, random) => {
        const projectId = await createProject(place, random, {
          tasks: 9,
          dependency: 0,
          settings: { maxInterruptions: 3 },
        })
        const code = `T${Math.floor(random() * 9)}`
        for (let tries = 0; ; tries += 1) {
          if (tries > 20) throw new Error(`${code} still kills engines after ${tries} of them.`)
          starts += 1
          // A lease that lapses because the machine is slow counts as a lost worker too, so that
          // leases of a fraction of a second blame tasks that are merely beside a busy neighbour.
          const { signal } = await startEngine(place, {
            projectId,
            leaseMs: 2_000,
            work: { kind: 'poison', code },
          }).ended
          if (signal === null) break
        }
        const events = await checkProject(place, projectId, { otherwise: { [code]: 'failed' } })
        const failed = events.find((event) => event.type === 'task.failed')
        if (
          failed?.type !== 'task.failed' ||
          !/lost|interrupt|worker/i.test(failed.failure.message)
        ) {
          throw new Error(`The reason does not tell of it: ${JSON.stringify(failed)}`)
        }
      })
      progress(`${round + 1}/${amount} poison tasks given up, their siblings done`)
    }
    return { tasks: amount, engines: starts }
  },
}
