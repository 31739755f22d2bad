import type { AttemptId } from '../id.ts'
import { errorClassOf, outcomeProblem } from '../runner/outcome-problem.ts'
import type { Outcome, Question, Runner } from '../runner/runner.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import { check, equal } from './check.ts'
import {
  registerContract,
  settled,
  within,
  type ContractCase,
  type KnownGaps,
  type TestFramework,
} from './contract.ts'
import { exampleBrief } from './example-brief.ts'

/**
 * What the agent behind the runner does. For `asks` the question is "Which colour?" and the summary
 * is the answer; for `echoes` the summary is the code of the task. For `resumes` it says that its
 * session is "session-1", or what it was given to resume followed by "+", and its summary is what it
 * was given, or "new".
 */
export type RunnerBehaviour =
  | 'completes'
  | 'echoes'
  | 'fails'
  | 'crashes'
  | 'reports'
  | 'asks'
  | 'resumes'
  | 'never-ends'
  | 'ignores-requests-to-stop'

export interface RunnerSubject {
  /** A runner whose agent behaves like that. Once it is under way it reports the progress "ready". */
  readonly create: (behaviour: RunnerBehaviour) => Promise<Runner> | Runner
  /** How much of what runs have started is still there, such as processes. */
  readonly leftovers?: () => Promise<number>
  /** Milliseconds after which a run that was aborted counts as stuck; 15 000 when absent. */
  readonly patienceMs?: number
  /** Parts of the brief that the runner needs, such as the workspace's folder. */
  readonly brief?: Partial<AttemptBrief>
}

export interface RunnerSuiteOptions {
  readonly create: () => Promise<RunnerSubject> | RunnerSubject
  readonly destroy?: (subject: RunnerSubject) => Promise<void> | void
  readonly knownGaps?: KnownGaps
}

/** The contract of runners. */
export function runnerSuite(framework: TestFramework, options: RunnerSuiteOptions): void {
  registerContract(framework, { name: 'runner', cases, ...options })
}

const defaultPatienceMs = 15_000
let serial = 0

function patience({ patienceMs = defaultPatienceMs }: RunnerSubject): number {
  return patienceMs
}

/** One run that can be watched, answered and aborted. */
function startRun(
  runner: Runner,
  subject: RunnerSubject,
  code = 'example',
  answer: (question: Question) => Promise<string> = () => Promise.reject(new Error('Not expected')),
  change: Partial<AttemptBrief> = {},
) {
  serial += 1
  const controller = new AbortController()
  const progress: string[] = []
  const output: string[] = []
  const questions: Question[] = []
  const sessions: string[] = []
  const ready = Promise.withResolvers<void>()
  const attempt = exampleBrief({
    attemptId: `attempt_runner-suite-${serial}` as AttemptId,
    ...subject.brief,
    ...change,
    task: { code },
  })
  const outcome = runner.run(attempt, {
    signal: controller.signal,
    report: {
      progress(text) {
        progress.push(text)
        if (text === 'ready') ready.resolve()
      },
      output(text) {
        output.push(text)
      },
      session(agentSessionId) {
        sessions.push(agentSessionId)
      },
      async ask(question) {
        questions.push(question)
        return await answer(question)
      },
    },
  })
  // A run that ends early must not leave the watcher waiting.
  outcome.then(
    () => ready.resolve(),
    () => ready.resolve(),
  )
  return { controller, progress, output, questions, sessions, outcome, ready: ready.promise }
}

async function ended(outcome: Promise<Outcome>): Promise<Outcome> {
  const value = await within(defaultPatienceMs, outcome, 'the run')
  equal(outcomeProblem(value), null, 'the problem of the outcome')
  equal(JSON.parse(JSON.stringify(value)), value, 'the outcome as JSON')
  return value
}

async function expectNothingLeft(subject: RunnerSubject): Promise<void> {
  if (subject.leftovers !== undefined) equal(await subject.leftovers(), 0, 'what is left running')
}

/** Aborts a run that is under way, and expects it to settle as anything but completed. */
async function expectStopped(subject: RunnerSubject, behaviour: RunnerBehaviour): Promise<void> {
  const runner = await subject.create(behaviour)
  const run = startRun(runner, subject)
  await within(patience(subject), run.ready, 'the start of the run')
  run.controller.abort(new Error('cancelled by the suite'))
  const result = await within(patience(subject), settled(run.outcome), 'the aborted run')
  check(
    'error' in result || result.value.status !== 'completed',
    'an aborted run must not count as completed',
  )
  await expectNothingLeft(subject)
  await runner.close?.()
}

const cases: readonly ContractCase<RunnerSubject>[] = [
  {
    id: 'runner.completes',
    title: 'an agent that is done gives a completed outcome that can be stored',
    async run(subject) {
      const runner = await subject.create('completes')
      const outcome = await ended(startRun(runner, subject).outcome)
      equal(outcome.status, 'completed')
      await expectNothingLeft(subject)
    },
  },
  {
    id: 'runner.fails',
    title: 'an agent that gives up gives a failure with a class and a message',
    async run(subject) {
      const runner = await subject.create('fails')
      const outcome = await ended(startRun(runner, subject).outcome)
      check(outcome.status === 'failed', `the status is ${outcome.status}`)
      check(errorClassOf(outcome.class) !== null, `unknown class ${outcome.class}`)
      check(outcome.message.trim() !== '', 'the message is empty')
    },
  },
  {
    id: 'runner.crashes',
    title: 'an agent that crashes never counts as completed',
    async run(subject) {
      const runner = await subject.create('crashes')
      const result = await within(
        patience(subject),
        settled(startRun(runner, subject).outcome),
        'the crashed run',
      )
      check('error' in result || result.value.status === 'failed', 'a crash must fail')
      await expectNothingLeft(subject)
    },
  },
  {
    id: 'runner.reports',
    title: 'progress and output arrive while the run goes on',
    async run(subject) {
      const runner = await subject.create('reports')
      const run = startRun(runner, subject)
      await ended(run.outcome)
      check(run.progress.includes('half way'), 'the progress "half way" did not arrive')
      check(run.output.join('').includes('some output'), '"some output" did not arrive')
    },
  },
  {
    id: 'runner.asks',
    title: 'a question reaches a person and its answer reaches the agent',
    async run(subject) {
      const runner = await subject.create('asks')
      const run = startRun(runner, subject, 'example', async () => 'blue')
      const outcome = await ended(run.outcome)
      equal(
        run.questions.map((question) => question.text),
        ['Which colour?'],
      )
      equal(outcome, { status: 'completed', summary: 'blue' })
    },
  },
  {
    id: 'runner.asks-aborted',
    title: 'an abort ends a run that waits for an answer',
    async run(subject) {
      const runner = await subject.create('asks')
      const asked = Promise.withResolvers<void>()
      const unanswered = Promise.withResolvers<string>()
      const run = startRun(runner, subject, 'example', () => {
        asked.resolve()
        return unanswered.promise
      })
      await within(patience(subject), asked.promise, 'the question')
      const reason = new Error('cancelled by the suite')
      run.controller.abort(reason)
      // As the engine does: the port says that the answer rejects on abort.
      unanswered.reject(reason)
      const result = await within(patience(subject), settled(run.outcome), 'the aborted run')
      check('error' in result || result.value.status !== 'completed', 'it must not complete')
      await expectNothingLeft(subject)
    },
  },
  {
    id: 'runner.sessions',
    title: "an agent's own session is reported, and one that is given reaches the agent",
    async run(subject) {
      const runner = await subject.create('resumes')
      const first = startRun(runner, subject)
      equal(await ended(first.outcome), { status: 'completed', summary: 'new' })
      equal(first.sessions.at(-1), 'session-1', 'the session that was reported')
      const never = () => Promise.reject(new Error('Not expected'))
      const next = startRun(runner, subject, 'example', never, { session: 'session-1' })
      equal(await ended(next.outcome), { status: 'completed', summary: 'session-1' })
      equal(next.sessions.at(-1), 'session-1+', 'the session of the second run')
    },
  },
  {
    id: 'runner.concurrent',
    title: 'runs at the same time do not mix',
    async run(subject) {
      const runner = await subject.create('echoes')
      const codes = ['one', 'two', 'three', '__proto__', 'with space\nand line']
      const outcomes = await Promise.all(
        codes.map((code) => ended(startRun(runner, subject, code).outcome)),
      )
      equal(
        outcomes,
        codes.map((code) => ({ status: 'completed', summary: code })),
      )
    },
  },
  {
    id: 'runner.abort',
    title: 'an abort ends a run that would never end, and everything it has started',
    run: (subject) => expectStopped(subject, 'never-ends'),
  },
  {
    id: 'runner.abort-deaf',
    title: 'an abort ends also an agent that ignores requests to stop',
    run: (subject) => expectStopped(subject, 'ignores-requests-to-stop'),
  },
  {
    id: 'runner.aborted-before',
    title: 'a run that is aborted before it begins does nothing',
    async run(subject) {
      const runner = await subject.create('reports')
      const controller = new AbortController()
      controller.abort(new Error('too late'))
      const heard: string[] = []
      const result = await within(
        patience(subject),
        settled(
          runner.run(exampleBrief({ ...subject.brief }), {
            signal: controller.signal,
            report: {
              progress: (text) => void heard.push(text),
              output: (text) => void heard.push(text),
              session: (id) => void heard.push(id),
              ask: () => Promise.reject(new Error('Not expected')),
            },
          }),
        ),
        'the run',
      )
      check('error' in result || result.value.status !== 'completed', 'it must not complete')
      equal(heard, [], 'what was reported')
    },
  },
  {
    id: 'runner.recover',
    title: 'recover and close are harmless when nothing runs, also twice',
    async run(subject) {
      const runner = await subject.create('completes')
      await runner.recover?.()
      await runner.recover?.()
      await ended(startRun(runner, subject).outcome)
      await runner.close?.()
      await runner.close?.()
    },
  },
]
