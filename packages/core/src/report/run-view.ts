import type { StoredEvent } from '../event/event.ts'
import { queueWords } from '../merge/queue-words.ts'
import type { Snapshot } from '../staging/snapshot.ts'
import type { AttemptStatus } from '../staging/state.ts'
import { formatDuration } from './format-duration.ts'
import { printableText } from './printable-text.ts'

export interface RunView {
  /** Takes the next event of the log; returns the lines that tell of it, most of them none. */
  apply(event: StoredEvent): readonly RunLine[]
  picture(): RunPicture
}

export interface RunLine {
  /** Printable, on one line. */
  readonly text: string
  readonly kind: 'good' | 'bad' | 'ask' | 'plain'
  /** A step inside an attempt: the live picture shows it in its lane. */
  readonly step: boolean
}

/** What is going on right now. */
export interface RunPicture {
  readonly total: number
  readonly done: number
  readonly failed: number
  /** By lane; null where nobody works. */
  readonly lanes: readonly (RunActivity | null)[]
  /** Attempts that wait for an answer and keep nobody busy meanwhile. */
  readonly waiting: readonly RunActivity[]
  /** Attempts in the merge queue, by when they came; their lanes are free. */
  readonly merging: readonly RunActivity[]
}

export interface RunActivity {
  readonly task: string
  readonly title: string
  readonly attempt: number
  readonly doing: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/**
 * Folds events into what a person wants to see of them while the log grows: from its first event on,
 * or from those that follow a snapshot.
 */
export function createRunView(workers: number, from?: Snapshot): RunView {
  const tasks = new Map<string, { readonly code: string; readonly title: string }>()
  const batches = new Map<string, string>()
  const questions = new Map<string, string>()
  const settled = new Map<string, 'done' | 'failed'>()
  const lanes: (string | null)[] = Array.from({ length: workers }, () => null)
  const active = new Map<string, RunActivity & { readonly taskId: string }>()
  const waiting = new Set<string>()
  /** By when they were queued, with their target. */
  const merging = new Map<string, string>()

  const enter = (attemptId: string) => {
    const free = lanes.indexOf(null)
    lanes[free < 0 ? lanes.length : free] = attemptId
  }
  const leave = (attemptId: string) => {
    const lane = lanes.indexOf(attemptId)
    if (lane >= 0) lanes[lane] = null
  }
  const end = (attemptId: string) => {
    leave(attemptId)
    waiting.delete(attemptId)
    merging.delete(attemptId)
    active.delete(attemptId)
  }
  const now = (attemptId: string, doing: string) => {
    const activity = active.get(attemptId)
    if (activity !== undefined) active.set(attemptId, { ...activity, doing })
  }
  const named = (taskId: string) => {
    const task = tasks.get(taskId)
    return task === undefined ? taskId : `${task.code} ${task.title}`
  }
  const code = (taskId: string) => tasks.get(taskId)?.code ?? taskId
  const taskOf = (attemptId: string) => code(active.get(attemptId)?.taskId ?? attemptId)

  for (const { id, code, title, status } of from?.tasks ?? []) {
    tasks.set(id, { code: printableText(code), title: printableText(title) })
    if (status === 'done' || status === 'failed') settled.set(id, status)
  }
  for (const { id, name } of from?.batches ?? []) batches.set(id, name)
  for (const { id, attemptId } of from?.requests ?? []) questions.set(id, attemptId)
  const queued = (from?.attempts ?? [])
    .filter(({ status, mergeTarget }) => status === 'merging' && mergeTarget !== null)
    .toSorted((left, right) => (left.mergeQueuedAt ?? 0) - (right.mergeQueuedAt ?? 0))
  for (const { id, mergeTarget } of queued) merging.set(id, printableText(mergeTarget ?? ''))
  for (const { id, taskId, number, status, startedAt } of from?.attempts ?? []) {
    const doing = doingWhile.get(status)
    if (doing === undefined) continue
    const { code: task = taskId, title = '' } = tasks.get(taskId) ?? {}
    active.set(id, { taskId, task, title, attempt: number, doing, since: startedAt })
    if (status === 'waiting') waiting.add(id)
    else if (!merging.has(id)) enter(id)
  }

  return {
    apply(event) {
      switch (event.type) {
        case 'tasks.added':
          for (const { id, code, title } of event.tasks) {
            tasks.set(id, { code: printableText(code), title: printableText(title) })
          }
          return []
        case 'batch.created':
          batches.set(event.batch.id, event.batch.name)
          return []
        case 'batch.promoted': {
          const name = batches.get(event.batchId) ?? event.batchId
          return [plain(`${name} is promoted${event.auto ? ' by itself' : ''}`)]
        }
        case 'batch.stuck':
          return [bad(`${batches.get(event.batchId) ?? event.batchId} is stuck: ${event.reason}`)]
        case 'attempt.started': {
          const task = tasks.get(event.taskId)
          active.set(event.attemptId, {
            taskId: event.taskId,
            task: task?.code ?? event.taskId,
            title: task?.title ?? '',
            attempt: event.number,
            doing: 'starts',
            since: event.at,
          })
          enter(event.attemptId)
          const again = event.number > 1 ? ` again (attempt ${event.number})` : ''
          return [step(`${named(event.taskId)}: starts${again}`)]
        }
        case 'attempt.output': {
          if (event.stream !== 'progress') return []
          const said = event.text.split('\n').filter((line) => line.trim() !== '')
          now(event.attemptId, printableText(said.at(-1) ?? 'works'))
          return said.map((line) => step(`${code(event.taskId)} ${line}`))
        }
        case 'attempt.overlapping': {
          const other = event.with === null ? 'what has landed' : code(event.with.taskId)
          const what = printableText(event.message)
          return [
            plain(
              `${code(event.taskId)} and ${other} contradict each other as they stand: ${what}`,
            ),
          ]
        }
        case 'attempt.grouped': {
          const { attempts, landed, gateRuns } = event
          const runs = `${gateRuns} ${gateRuns === 1 ? 'run' : 'runs'} of gates`
          const what = landed === attempts.length ? 'green together' : `${landed} green together`
          return [
            plain(`${code(event.taskId)} and ${attempts.length - 1} more: ${what}, by ${runs}`),
          ]
        }
        case 'attempt.waiting':
          leave(event.attemptId)
          waiting.add(event.attemptId)
          now(event.attemptId, 'waits for an answer')
          return []
        case 'attempt.resumed':
          waiting.delete(event.attemptId)
          enter(event.attemptId)
          now(event.attemptId, 'goes on')
          return []
        case 'attempt.verifying':
          now(event.attemptId, 'gates run')
          return [step(`${code(event.taskId)} gates run`)]
        case 'attempt.merging':
          now(event.attemptId, 'lands')
          if (event.target !== undefined) {
            leave(event.attemptId)
            merging.set(event.attemptId, printableText(event.target))
          }
          return []
        case 'attempt.succeeded': {
          const { since = event.at, attempt = 1 } = active.get(event.attemptId) ?? {}
          end(event.attemptId)
          settled.set(event.taskId, 'done')
          const passed = event.verdicts.filter((verdict) => verdict.result === 'pass').length
          const gates =
            passed === 0 ? 'no gates' : `${passed} gate${passed === 1 ? '' : 's'} passed`
          const which = attempt > 1 ? ` of attempt ${attempt}` : ''
          return [
            good(
              `${named(event.taskId)}: done after ${formatDuration(event.at - since)}${which}, ${gates}`,
            ),
          ]
        }
        case 'task.done':
          settled.set(event.taskId, 'done')
          return [good(`${named(event.taskId)}: done`)]
        case 'attempt.failed': {
          end(event.attemptId)
          // Without a retry the task fails, and that has a line of its own.
          if (event.retryAt === null) return []
          return [
            bad(`${named(event.taskId)}: sent back to be tried again. ${event.failure.message}`),
          ]
        }
        case 'attempt.interrupted':
          end(event.attemptId)
          return [plain(`${named(event.taskId)}: interrupted, ${event.reason}`)]
        case 'attempt.survived':
          return [plain(`${named(event.taskId)}: ${event.reason}`)]
        case 'attempt.yielded':
          end(event.attemptId)
          return [plain(`${named(event.taskId)}: put back, ${event.reason}`)]
        case 'task.failed':
          settled.set(event.taskId, 'failed')
          return [bad(`${named(event.taskId)}: failed for good. ${event.failure.message}`)]
        case 'task.reopened':
          settled.delete(event.taskId)
          return []
        case 'request.opened': {
          const { request } = event
          const choices = request.options.length === 0 ? '' : ` (${request.options.join(' / ')})`
          questions.set(request.id, request.attemptId)
          return [ask(`${code(request.taskId)} asks: ${request.text}${choices}`)]
        }
        case 'request.answered': {
          const asker = taskOf(questions.get(event.requestId) ?? event.requestId)
          return [ask(`${asker} is told: ${event.answer}`)]
        }
        default:
          return []
      }
    },
    picture() {
      const outcomes = [...settled.values()]
      return {
        total: tasks.size,
        done: outcomes.filter((outcome) => outcome === 'done').length,
        failed: outcomes.filter((outcome) => outcome === 'failed').length,
        lanes: lanes.map((id) => (id === null ? null : (active.get(id) ?? null))),
        waiting: [...waiting].flatMap((id) => active.get(id) ?? []),
        merging: queueOf(merging).flatMap(({ id, doing }) => {
          const activity = active.get(id)
          return activity === undefined ? [] : [{ ...activity, doing }]
        }),
      }
    },
  }
}

/** In words where each stands, as far as this project's log tells: others may share the target. */
function queueOf(merging: ReadonlyMap<string, string>) {
  const before = new Map<string, number>()
  return [...merging].map(([id, target]) => {
    const position = (before.get(target) ?? 0) + 1
    before.set(target, position)
    return { id, doing: queueWords(position, target) }
  })
}

/** What an attempt that has not ended does, by its status. */
const doingWhile: ReadonlyMap<AttemptStatus, string> = new Map([
  ['running', 'works'],
  ['waiting', 'waits for an answer'],
  ['verifying', 'gates run'],
  ['merging', 'lands'],
])

function line(text: string, kind: RunLine['kind'], step = false): RunLine {
  return { text: printableText(text), kind, step }
}

const plain = (text: string) => line(text, 'plain')
const good = (text: string) => line(text, 'good')
const bad = (text: string) => line(text, 'bad')
const ask = (text: string) => line(text, 'ask')
const step = (text: string) => line(text, 'plain', true)
