import { printableText, type StoredEvent } from '@cueline/core'

export interface RunView {
  /** Takes the next event of the log; returns the lines that tell of it, most of them none. */
  apply(event: StoredEvent): readonly ViewLine[]
  picture(): Picture
}

export interface ViewLine {
  readonly text: string
  readonly kind: 'good' | 'bad' | 'ask' | 'plain'
  /** A step inside an attempt: the live picture shows it in its lane. */
  readonly step: boolean
}

/** What is going on right now. */
export interface Picture {
  readonly total: number
  readonly done: number
  readonly failed: number
  /** By lane; null where nobody works. */
  readonly lanes: readonly (Activity | null)[]
  /** Attempts that wait for an answer and keep nobody busy meanwhile. */
  readonly waiting: readonly Activity[]
}

export interface Activity {
  readonly task: string
  readonly title: string
  readonly attempt: number
  readonly doing: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** Folds the event log into what a person wants to see of it while it grows. */
export function createRunView(workers: number): RunView {
  const tasks = new Map<string, { readonly code: string; readonly title: string }>()
  const batches = new Map<string, string>()
  const questions = new Map<string, string>()
  const settled = new Map<string, 'done' | 'failed'>()
  const lanes: (string | null)[] = Array.from({ length: workers }, () => null)
  const active = new Map<string, Activity & { readonly taskId: string }>()
  const waiting = new Set<string>()

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

  return {
    apply(event) {
      switch (event.type) {
        case 'tasks.added':
          for (const task of event.tasks) tasks.set(task.id, { code: task.code, title: task.title })
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
          now(event.attemptId, said.at(-1) ?? 'works')
          return said.map((line) => step(`${code(event.taskId)} ${line}`))
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
          return []
        case 'attempt.succeeded': {
          const { since = event.at, attempt = 1 } = active.get(event.attemptId) ?? {}
          end(event.attemptId)
          settled.set(event.taskId, 'done')
          const passed = event.verdicts.filter((verdict) => verdict.result === 'pass').length
          const gates = `${passed} gate${passed === 1 ? '' : 's'} passed`
          const which = attempt > 1 ? ` of attempt ${attempt}` : ''
          return [
            good(
              `${named(event.taskId)}: done after ${seconds(event.at - since)}${which}, ${gates}`,
            ),
          ]
        }
        case 'task.done':
          settled.set(event.taskId, 'done')
          return [good(`${named(event.taskId)}: done`)]
        case 'attempt.failed': {
          end(event.attemptId)
          if (event.retryAt === null) return [] // The task fails or asks: that has a line of its own.
          const why = printableText(event.failure.message)
          return [bad(`${named(event.taskId)}: sent back to be tried again. ${why}`)]
        }
        case 'attempt.interrupted':
          end(event.attemptId)
          return [plain(`${named(event.taskId)}: interrupted, ${printableText(event.reason)}`)]
        case 'attempt.yielded':
          end(event.attemptId)
          return [plain(`${named(event.taskId)}: put back, ${printableText(event.reason)}`)]
        case 'task.failed':
          settled.set(event.taskId, 'failed')
          return [
            bad(`${named(event.taskId)}: failed for good. ${printableText(event.failure.message)}`),
          ]
        case 'task.reopened':
          settled.delete(event.taskId)
          return []
        case 'request.opened': {
          const { request } = event
          const choices = request.options.length === 0 ? '' : ` (${request.options.join(' / ')})`
          questions.set(request.id, request.attemptId)
          return [ask(`${code(request.taskId)} asks: ${printableText(request.text)}${choices}`)]
        }
        case 'request.answered': {
          const asker = taskOf(questions.get(event.requestId) ?? event.requestId)
          return [ask(`${asker} is told: ${printableText(event.answer)}`)]
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
      }
    },
  }
}

/** Milliseconds as seconds with one digit. */
export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}

const plain = (text: string): ViewLine => ({ text, kind: 'plain', step: false })
const good = (text: string): ViewLine => ({ text, kind: 'good', step: false })
const bad = (text: string): ViewLine => ({ text, kind: 'bad', step: false })
const ask = (text: string): ViewLine => ({ text, kind: 'ask', step: false })
const step = (text: string): ViewLine => ({ text: printableText(text), kind: 'plain', step: true })
