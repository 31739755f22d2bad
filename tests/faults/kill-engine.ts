import { setTimeout as delay } from 'node:timers/promises'
import { endOf, startEngine } from './engine.ts'
import { faultPoints } from './fault-points.ts'
import type { Place } from './place.ts'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

const killsPerProject = 4

/** By seed at a named point, with SIGKILL at a random moment, or with SIGTERM: a stop in good order. */
export const killEngine: Scenario = {
  name: 'kill',
  title: 'kills of an engine at named points and at random moments, and stops',
  amounts: { ci: 50, full: 1_000 },
  async run({ amount, progress, ...options }) {
    const byPoint: Record<string, number> = {}
    let kills = 0
    let starts = 0
    let projects = 0
    while (kills < amount) {
      await atPlace(options, projects, async (place, random) => {
        const projectId = await createProject(place, random, { tasks: 12, dependency: 0.2 })
        projects += 1
        for (let n = 0; n < killsPerProject && kills < amount; n += 1) {
          starts += 1
          const { killed, how } = await startAndKill(place, projectId, random)
          if (!killed) break
          byPoint[how] = (byPoint[how] ?? 0) + 1
          kills += 1
        }
        starts += 1
        await endOf(startEngine(place, { projectId }))
        await checkProject(place, projectId)
      })
      progress(`${kills}/${amount} kills, ${projects} projects, all invariants hold`)
    }
    return { kills, starts, projects, tasks: projects * 12, byPoint }
  },
}

async function startAndKill(place: Place, projectId: string, random: () => number) {
  const draw = random()
  const point = faultPoints[Math.floor(random() * faultPoints.length)] ?? 'transaction.after'
  const occurrence = 1 + Math.floor(random() * 6)
  if (draw < 0.6) {
    const { code, signal } = await startEngine(place, { projectId, kill: { point, occurrence } })
      .ended
    if (signal === null && code !== 0) throw new Error(`The engine ended with code ${code}.`)
    return { killed: signal === 'SIGKILL', how: point }
  }
  const stop = draw > 0.9
  const engine = startEngine(place, { projectId })
  // Somewhere while it starts or works.
  if (!stop && random() < 0.2) await delay(random() * 200)
  else await engine.ready.then(() => delay(random() * 200))
  engine.kill(stop ? 'SIGTERM' : 'SIGKILL')
  const { code, signal } = await engine.ended
  if (signal === null && code !== 0) throw new Error(`The engine ended with code ${code}.`)
  return { killed: stop || signal === 'SIGKILL', how: stop ? 'stop' : 'random moment' }
}
