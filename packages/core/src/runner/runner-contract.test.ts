import { describe, it } from 'vitest'

import { runnerSuite, type RunnerBehaviour } from '../testing/runner-suite.ts'
import { functionRunner } from './function-runner.ts'
import type { RunnerFunction } from './runner.ts'
import { scriptedRunner, type ScriptedAttempt } from './scripted-runner.ts'

const framework = { describe, it, fails: it.fails }
const knownGaps = {
  'runner.abort-deaf': 'what runs in the same process and does not listen cannot be ended',
}
const patienceMs = 2_000

describe('a scripted runner [X-14]', () => {
  const attempts: Record<RunnerBehaviour, ScriptedAttempt> = {
    completes: {},
    echoes: {},
    fails: { end: { status: 'failed', class: 'transient', message: 'not today' } },
    crashes: { end: { throws: new Error('boom') } },
    reports: { progress: 'half way', output: 'some output' },
    asks: { ask: { text: 'Which colour?' } },
    resumes: {},
    'never-ends': { progress: 'ready', end: 'never' },
    'ignores-requests-to-stop': { progress: 'ready', end: 'ignores-abort' },
  }
  runnerSuite(framework, {
    create: () => ({
      patienceMs,
      create: (behaviour) =>
        scriptedRunner(({ task, session }) => {
          const completed = (summary: string) => ({ status: 'completed', summary }) as const
          if (behaviour === 'echoes') return { end: completed(task.code) }
          if (behaviour !== 'resumes') return attempts[behaviour]
          return {
            session: session === undefined ? 'session-1' : `${session}+`,
            end: completed(session ?? 'new'),
          }
        }),
    }),
    knownGaps,
  })
})

describe('a bare function as runner [X-14]', () => {
  const functions: Record<RunnerBehaviour, RunnerFunction> = {
    completes: async () => {},
    echoes: async ({ task }) => task.code,
    fails: async () => ({ status: 'failed', class: 'transient', message: 'not today' }),
    crashes: async () => {
      throw new Error('boom')
    },
    async reports(_attempt, { report, signal }) {
      signal.throwIfAborted()
      report.progress('half way')
      report.output('some output', 'stdout')
    },
    asks: (_attempt, { report }) => report.ask({ text: 'Which colour?' }),
    async resumes({ session }, { report }) {
      report.session(session === undefined ? 'session-1' : `${session}+`)
      return session ?? 'new'
    },
    'never-ends': (_attempt, { report, signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        report.progress('ready')
      }),
    'ignores-requests-to-stop': (_attempt, { report }) =>
      new Promise(() => report.progress('ready')),
  }
  runnerSuite(framework, {
    create: () => ({ patienceMs, create: (behaviour) => functionRunner(functions[behaviour]) }),
    knownGaps,
  })
})
