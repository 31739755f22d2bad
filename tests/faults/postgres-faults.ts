import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresServer, runSql } from '../postgres-server.ts'
import { endOf, type Engine, startEngine } from './engine.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

/** What can happen to a Postgres server while two engines work; needs a server to do harm to. */
export function postgresFaults(server: PostgresServer): readonly Scenario[] {
  return [
    whileEnginesWork({
      name: 'restart',
      title: 'crashes of the server in the middle of transactions',
      amounts: { ci: 2, full: 30 },
      async harm() {
        await server.stop('immediate')
        await delay(300)
        await server.start()
      },
    }),
    whileEnginesWork({
      name: 'cut',
      title: 'waves in which every connection is cut',
      amounts: { ci: 5, full: 100 },
      async harm() {
        await runSql(
          server.url,
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'cueline%' and pid <> pg_backend_pid()`,
        )
      },
    }),
  ]
}

interface Harm extends Pick<Scenario, 'name' | 'title' | 'amounts'> {
  readonly harm: () => Promise<void>
}

function whileEnginesWork({ name, title, amounts, harm }: Harm): Scenario {
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
            startEngine(place, { projectId, leaseMs: 2_000, work: { kind: 'slow', ms: 100 } }),
          )
          await Promise.all(engines.map(({ ready }) => ready))
          const waves = await harmUntilEnded(engines, Math.min(3, amount - done), async () => {
            await delay(100 + random() * 400)
            await harm()
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
