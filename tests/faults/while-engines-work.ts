import { setTimeout as delay } from 'node:timers/promises'
import { endOf, type Engine, startEngine, type StartOptions } from './engine.ts'
import type { Place } from './place.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

export interface Harm extends Pick<Scenario, 'name' | 'title' | 'amounts'> {
  /** What its engines are told besides the usual. */
  readonly engine?: Partial<StartOptions>
  readonly harm: (random: () => number, place: Place) => Promise<void>
}

/** Two engines work through projects of 40 tasks while harm is done, up to three times a project. */
export function whileEnginesWork({ name, title, amounts, engine, harm }: Harm): Scenario {
  return {
    name,
    title,
    amounts,
    async run({ amount, progress, ...options }) {
      let done = 0
      let tasks = 0
      for (let round = 0; done < amount; round += 1) {
        done += await atPlace(options, round, async (place, random) => {
          const count = 40
          const projectId = await createProject(place, random, { tasks: count, dependency: 0.05 })
          const engines = [1, 2].map(() =>
            startEngine(place, {
              projectId,
              leaseMs: 2_000,
              work: { kind: 'slow', ms: 100 },
              ...engine,
            }),
          )
          await Promise.all(engines.map(({ ready }) => ready))
          const waves = await harmUntilEnded(engines, Math.min(3, amount - done), async () => {
            await delay(100 + random() * 400)
            await harm(random, place)
          })
          await Promise.all(engines.map(endOf))
          await checkProject(place, projectId)
          tasks += count
          return waves
        })
        progress(`${done}/${amount}, ${tasks} tasks done once each`)
      }
      return { times: done, tasks }
    },
  }
}

async function harmUntilEnded(
  engines: readonly Engine[],
  waves: number,
  harm: () => Promise<void>,
): Promise<number> {
  let over = false
  void Promise.all(engines.map(({ ended }) => ended)).then(() => {
    over = true
  })
  let done = 0
  while (!over && done < waves) {
    await harm()
    done += 1
  }
  return done
}
