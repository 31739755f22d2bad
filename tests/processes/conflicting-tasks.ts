import { seededRandom } from '@cueline/core/testing'
import { endOf, startEngine } from '../faults/engine.ts'
import type { Place } from '../faults/place.ts'
import { checkProject, createProject } from '../faults/project.ts'

/**
 * Three engine processes race for tasks of which every seventh touches the same file, in many batches;
 * a fourth is killed meanwhile. Throws when two in conflict ran at once or a task was not
 * done; resolves with how many attempts ran at once at most.
 */
export async function raceForConflictingTasks(place: Place): Promise<number> {
  const projectId = await createProject(place, seededRandom(7), {
    tasks: 42,
    dependency: 0,
    sharedFiles: 7,
  })
  const killed = startEngine(place, { projectId, kill: { point: 'runner.start', occurrence: 3 } })
  const engines = [1, 2, 3].map(() => startEngine(place, { projectId }))
  await Promise.all([...engines.map(endOf), killed.ended])
  // Clears up what the killed one left.
  await endOf(startEngine(place, { projectId }))
  const running = new Set<string>()
  let most = 0
  for (const event of await checkProject(place, projectId)) {
    if (event.type === 'attempt.started') running.add(event.taskId)
    else if (/^attempt\.(succeeded|failed|interrupted)$/.test(event.type) && 'taskId' in event) {
      running.delete(String(event.taskId))
    }
    most = Math.max(most, running.size)
  }
  return most
}
