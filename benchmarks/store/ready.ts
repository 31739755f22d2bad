import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStorage } from '@cueline/adapter-sqlite'
import { createCueline, type Event, type ProjectId } from '@cueline/core'
import { median } from '../reference/interleave.ts'
import { atLeast, atMost, byTurns, type Goal, ratio, rounded } from './measure.ts'

const asked = 10
/** Processor time comes in steps of milliseconds. */
const repeats = 5_000
const repeatsAsked = 400
/** So many are asked of the database before a storage looks ahead. */
const questions = 4
const otherProject = 'another' as ProjectId
const written: Event = { type: 'project.resumed', projectId: otherProject, at: 1 }

/**
 * Which ten tasks come next: as the engine asks, who mostly knows it from what it has written; as the
 * database is asked when somebody else has written, by the counter that Cueline keeps; by a bare
 * statement on the same counter; and by the join over dependencies that does without one.
 */
export async function ready(folder: string, rounds: number, sizes: readonly number[]) {
  const rows = []
  const goals: Goal[] = []
  for (const size of sizes) {
    const file = join(folder, `ready-${size}.db`)
    const storage = await sqliteStorage({ file })
    const cueline = await createCueline({ storage })
    const projectId = await queued(cueline, size)
    const other = await sqliteStorage({ file })
    const database = new DatabaseSync(file, { readOnly: true })
    database.exec('pragma cache_size = -16000')
    const byCounter = database.prepare(`
      select work_order_id from tasks
      where project_id = ? and work_order_id is not null and status = 'staged'
        and open_dependencies = 0
      order by case priority when 'high' then 0 when 'normal' then 1 else 2 end,
        stage_priority desc, tail desc, position, id limit ?`)
    const byJoin = database.prepare(`
      select tasks.id from tasks where project_id = ? and status = 'staged' and not exists (
        select 1 from dependencies join tasks as other on other.id = dependencies.depends_on
        where dependencies.task_id = tasks.id and other.status <> 'done')
      order by case priority when 'high' then 0 when 'normal' then 1 else 2 end,
        stage_priority desc, tail desc, position, id limit ?`)
    const times = await byTurns(
      {
        cueline: () =>
          // One transaction, as the engine asks: the query alone is what is measured.
          storage.transaction(async (transaction) => {
            for (let time = 0; time <= questions; time += 1) {
              await transaction.query('claimable', { projectId, limit: asked })
            }
            const startedAt = cpuMs()
            for (let at = 0; at < repeats; at += 1) {
              await transaction.query('claimable', { projectId, limit: asked })
            }
            return (cpuMs() - startedAt) / repeats
          }),
        // Somebody else has written, so nothing that is known counts; the first questions of a transaction.
        'cueline, asked': async () => {
          let ms = 0
          for (let at = 0; at < repeatsAsked; at += questions) {
            await other.transaction((transaction) =>
              transaction.write(otherProject, [], [written], 'bench'),
            )
            await storage.transaction(async (transaction) => {
              const startedAt = cpuMs()
              for (let time = 0; time < questions; time += 1) {
                await transaction.query('claimable', { projectId, limit: asked })
              }
              ms += cpuMs() - startedAt
            })
          }
          return ms / repeatsAsked
        },
        'bare, counter': async () => {
          database.exec('begin')
          const startedAt = cpuMs()
          for (let at = 0; at < repeats; at += 1) byCounter.all(projectId, asked)
          const ms = (cpuMs() - startedAt) / repeats
          database.exec('commit')
          return ms
        },
        'bare, join': async () => {
          const startedAt = cpuMs()
          byJoin.all(projectId, asked)
          return cpuMs() - startedAt
        },
      },
      rounds,
    )
    const us = rounded(median(times.cueline) * 1_000)
    const faster = rounded(1 / ratio(times.cueline, times['bare, join']))
    rows.push({
      tasks: size,
      'cueline us': us,
      'cueline asked us': rounded(median(times['cueline, asked']) * 1_000),
      'bare counter us': rounded(median(times['bare, counter']) * 1_000),
      'bare join us': rounded(median(times['bare, join']) * 1_000),
      'over bare counter': ratio(times.cueline, times['bare, counter']),
      'times faster than the join': faster,
    })
    // 25 us and what Kysely adds to a compiled statement.
    goals.push(atMost(`S2: next ready of ${size} tasks, us`, us, 25 + 12))
    goals.push(atLeast(`S2: next ready of ${size} tasks, times faster than the join`, faster, 500))
    database.close()
    await other.close()
    await cueline.close()
  }
  console.log(`The next ${asked} ready tasks on SQLite, a tenth of all is ready, processor time:`)
  console.table(rows)
  return { rows, goals }
}

/** Of this thread: on a machine with other work the wall clock tells of that. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** One promoted batch in which nine of ten tasks wait for the tenth. */
async function queued(
  cueline: Awaited<ReturnType<typeof createCueline>>,
  size: number,
): Promise<ProjectId> {
  const { id: projectId } = await cueline.projects.create({ name: 'ready' })
  const tasks = Array.from({ length: size }, (_, index) => ({
    id: `T${index}`,
    title: `Task ${index}`,
    dependsOn: index % 10 === 0 ? [] : [`T${index - (index % 10)}`],
  }))
  await cueline.tasks.import({ projectId, document: { tasks } })
  const batch = await cueline.stages.create({ projectId, name: 'all', maxParallelTasks: 10_000 })
  const codes = tasks.map((task) => task.id)
  await cueline.stages.stage({ batchId: batch.id, tasks: codes, force: true })
  await cueline.stages.promote({ batchId: batch.id })
  return projectId
}
