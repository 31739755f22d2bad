import {
  allowedEnvironment,
  defaultInheritedEnvironment,
  redact,
  redactedStream,
  secretsIn,
  withSecrets,
} from '@cueline/core'
import type { Gate, GateSubject, Verdict } from '@cueline/core'

import { checkedCommand } from '../process/checked-command.ts'
import { outputTail } from '../process/output-tail.ts'
import { defaultStateFolder, processRecords } from '../process/process-records.ts'
import { runProcess, type ProcessEnd } from '../process/run-process.ts'

export interface CommandGateOptions extends GateProcessOptions {
  readonly name: string
  /** Argument array; the first entry is the program. Never goes through a shell. */
  readonly command: readonly string[]
  /** Milliseconds; 600 000 (ten minutes) when absent. */
  readonly timeoutMs?: number | undefined
}

/** How gates run their commands. */
export interface GateProcessOptions {
  /** Where to run: in the folder that holds the work when absent. */
  readonly cwd?: string
  /** Names of variables to inherit; `defaultInheritedEnvironment` when absent. */
  readonly inheritEnv?: readonly string[]
  /** Variables to set, on top of what is inherited. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * More texts that must not be stored when a gate prints them, beside the values of variables that
   * it gets under names such as `…_KEY`, `…_TOKEN`, `…_PASSWORD`, and well-known tokens.
   */
  readonly secrets?: readonly string[]
  /** Milliseconds between SIGTERM and SIGKILL; 2000 when absent. */
  readonly graceMs?: number
  /** Where running processes are noted, to be ended after a crash; in the temp folder when absent. */
  readonly stateFolder?: string
}

const defaultTimeoutMs = 600_000
const evidenceLength = 4000

/**
 * A gate that passes when a command exits with 0. It says `fail` for any other exit code and
 * `error` when the command could not be started, was stopped by the time limit or killed from
 * outside: then nothing is known about the work. Whatever the command starts is ended with it.
 *
 * @throws CuelineError `invalid-input` when the command cannot be one.
 */
export function commandGate(options: CommandGateOptions): Gate {
  const { name, timeoutMs = defaultTimeoutMs, graceMs = 2000 } = options
  const command = checkedCommand(options.command, `the gate "${name}"`)
  const records = processRecords(options.stateFolder ?? defaultStateFolder())
  const environment = allowedEnvironment(
    options.inheritEnv ?? defaultInheritedEnvironment,
    options.env ?? {},
    process.env,
  )
  return {
    name,
    key: JSON.stringify([name, command, timeoutMs, options.cwd, environment]),
    async judge(subject, signal) {
      signal.throwIfAborted()
      const startedAt = performance.now()
      const own = { ...environment, ...subject.attempt.workspace.env }
      const secrets = withSecrets(secretsIn(own), options.secrets ?? [])
      const said = outputTail(evidenceLength)
      const printed = {
        stdout: redactedStream(secrets, (text) => said.add(text)),
        stderr: redactedStream(secrets, (text) => said.add(text)),
      }
      const cwd = options.cwd ?? subject.path
      const finding =
        cwd === undefined
          ? noFolder(name)
          : findingOf(
              await runProcess({
                command,
                cwd,
                environment: { ...own, ...about(subject) },
                input: '',
                onOutput: (text, stream) => printed[stream].add(text),
                signal,
                timeoutMs,
                graceMs,
                records,
              }),
              command,
              timeoutMs,
            )
      signal.throwIfAborted()
      printed.stdout.flush()
      printed.stderr.flush()
      return {
        gate: name,
        ...finding,
        summary: redact(finding.summary, secrets),
        durationMs: performance.now() - startedAt,
        evidence: said.text(),
      }
    },
  }
}

type Finding = Pick<Verdict, 'result' | 'summary' | 'cause'>

function findingOf(end: ProcessEnd, command: readonly string[], timeoutMs: number): Finding {
  const program = JSON.stringify(command[0])
  switch (end.how) {
    case 'exited':
      return end.code === 0
        ? { result: 'pass', summary: `${program} exited with code 0`, cause: null }
        : { result: 'fail', summary: `${program} exited with code ${end.code}`, cause: 'code' }
    case 'killed':
      return error(`${program} was killed by ${end.signal}`)
    case 'timed-out':
      return error(
        `${program} did not end within ${timeoutMs} ms and was stopped; raise the gate's timeoutMs if it needs longer.`,
      )
    case 'not-started':
      return error(end.message)
    case 'aborted':
      return error(`${program} was stopped`)
  }
}

function noFolder(name: string): Finding {
  return error(
    `The gate "${name}" has no folder to run in: the workspace has none; pass cwd or use a workspace with a folder.`,
  )
}

function error(summary: string): Finding {
  return { result: 'error', summary, cause: 'environment' }
}

function about({ attempt }: GateSubject): Record<string, string> {
  return {
    CUELINE_TASK: attempt.task.code.replaceAll('\0', ''),
    CUELINE_ATTEMPT: attempt.attemptId,
    CUELINE_FENCE: String(attempt.fence),
  }
}
