import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { checkProject, createProject } from './project.ts'
import { atPlace, type Scenario } from './scenario.ts'

const tasksPerProject = 500

/** One process works for long: what it holds does not grow with what it has done. */
export const soak: Scenario = {
  name: 'soak',
  title: 'tasks in one process, with flat memory and handles',
  amounts: { ci: 5_000, full: 50_000 },
  async run({ amount, progress, ...options }) {
    const held = await atPlace(options, 0, async (place, random) => {
      const projects: string[] = []
      while (projects.length * tasksPerProject < amount) {
        projects.push(
          await createProject(place, random, {
            tasks: tasksPerProject,
            dependency: 0.01,
            batchSize: 50,
            settings: { releaseOn: 'verified' },
          }),
        )
      }
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          '--expose-gc',
          '--conditions=cueline-source',
          join(import.meta.dirname, 'soak-process.ts'),
          JSON.stringify(place.address),
          projects.join(','),
        ],
        { maxBuffer: 10_000_000 },
      )
      for (const projectId of projects) await checkProject(place, projectId, { files: false })
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { done: number; heapUsed: number; handles: number })
    })
    if (held.some(({ done }) => done !== tasksPerProject)) {
      throw new Error(`Not all is done: ${JSON.stringify(held)}`)
    }
    // A storage may keep some thousand rows and let go of them together, so a third is compared with
    // a third; what is kept of every task, be it one object, shows in thousands of them.
    const third = Math.ceil(held.length / 3)
    const most = Math.max(...held.slice(0, third).map(({ heapUsed }) => heapUsed))
    const least = Math.min(...held.slice(-third).map(({ heapUsed }) => heapUsed))
    const grownMb = (least - most) / 1e6
    // A pool opens connections and lets them go as it needs them.
    const mostHandles = Math.max(...held.slice(0, third).map(({ handles }) => handles))
    const handles = Math.min(...held.slice(-third).map((each) => each.handles))
    if (grownMb > 2 || handles > mostHandles) {
      throw new Error(`What it holds has grown: ${JSON.stringify(held)}`)
    }
    progress(`${amount} tasks, the heap went from ${most} to ${least} bytes`)
    return { tasks: amount, heapBytes: [most, least], handles }
  },
}
