import { rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import {
  agentSessionIdProblem,
  allowedEnvironment,
  type AttemptBrief,
  CuelineError,
  defaultInheritedEnvironment,
  type Outcome,
  type Question,
  redact,
  type Report,
  type Runner,
  type RunnerContext,
  secretsIn,
  withSecrets,
} from '@cueline/core'

import { checkedCommand } from '../process/checked-command.ts'
import { defaultStateFolder, processRecords } from '../process/process-records.ts'
import { recoverProcesses } from '../process/recover-processes.ts'
import { runProcess, type ProcessEnd } from '../process/run-process.ts'
import { agentOutput } from './agent-output.ts'
import { readResult, type AgentResult, type ReadResult } from './read-result.ts'
import { renderPrompt } from './render-prompt.ts'

export interface ProcessRunnerOptions {
  /** Argument array; the first entry is the program. Never goes through a shell. */
  readonly command: readonly string[]
  /**
   * The command for going on with a session of the agent's own, instead of `command`: `{session}` in
   * one of its arguments stands for the id, as in `['my-agent', '--resume', '{session}']`. When
   * absent, the command finds the id in `CUELINE_SESSION`.
   */
  readonly resumeCommand?: readonly string[]
  /** Names of variables to inherit; `defaultInheritedEnvironment` when absent. */
  readonly inheritEnv?: readonly string[]
  /** Variables to set, on top of what is inherited. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * More texts that must not be stored when the agent prints or reports them, beside the values of
   * variables that it gets under names such as `…_KEY`, `…_TOKEN`, `…_PASSWORD`, and well-known tokens.
   */
  readonly secrets?: readonly string[]
  /** Milliseconds of work per attempt, waiting for people not counted; no limit when absent. */
  readonly timeoutMs?: number
  /** Milliseconds between SIGTERM and SIGKILL; 5000 when absent. */
  readonly graceMs?: number
  /** Bytes of output per attempt that go into the log; 1 MiB when absent. */
  readonly outputLimitBytes?: number
  /** Where to run; the attempt's workspace when absent, a scratch folder when it has none. */
  readonly cwd?: string
  /** How the prompt arrives beside the file `CUELINE_PROMPT`: on standard input when absent. */
  readonly promptVia?: 'stdin' | 'file'
  /** How often an attempt may ask before it counts as failed; 20 when absent. */
  readonly maxQuestions?: number
  /**
   * Where running processes are noted, to be ended after a crash, and what goes with them; a folder
   * of the user in the temp folder when absent.
   */
  readonly stateFolder?: string
}

const placeholder = '{session}'
const defaultOutputLimit = 1024 * 1024

/**
 * Runs any command-line program as an agent: one process per attempt, in a group of its own.
 *
 * It finds the whole brief as JSON in the file `CUELINE_CONTEXT` and as readable text in
 * `CUELINE_PROMPT` and on standard input, works in the current folder and writes its result to
 * `CUELINE_RESULT` (see `AgentResult`). The line `{"cueline":{"session":"…"}}` on standard output, or
 * `session` in its result, tells the id of its own session; whoever goes on with the task - the next
 * attempt, or the same after an answer - finds it in `CUELINE_SESSION` (see `resumeCommand`). Without a result file, exit code 0 is a claim of completion
 * with the last line of output as summary; any other end is a failure. After `waiting` the same
 * command is started again in the same attempt, with the answer in its context.
 *
 * `run` settles only when everything that the command has started is gone, whoever ended it.
 *
 * @throws CuelineError `invalid-input` when a command cannot be one.
 */
export function processRunner(options: ProcessRunnerOptions): Runner {
  const command = checkedCommand(options.command, 'the process runner')
  const resumeCommand = checkedResumeCommand(options.resumeCommand)
  const stateFolder = resolve(options.stateFolder ?? defaultStateFolder())
  const records = processRecords(stateFolder)
  const environment = allowedEnvironment(
    options.inheritEnv ?? defaultInheritedEnvironment,
    options.env ?? {},
    process.env,
  )
  const maxQuestions = options.maxQuestions ?? 20

  return {
    name: `process ${command[0]}`,

    async run(brief, context) {
      context.signal.throwIfAborted()
      const variables = { ...environment, ...brief.workspace.env }
      const secrets = withSecrets(secretsIn(variables), options.secrets ?? [])
      const folder = await records.makeScratch()
      const session = { id: brief.session }
      const report: Report = {
        ...context.report,
        session(id) {
          if (agentSessionIdProblem(id) === null) session.id = id
          context.report.session(id)
        },
      }
      const output = agentOutput(report, options.outputLimitBytes ?? defaultOutputLimit, secrets)
      try {
        const given = { folder, variables, secrets }
        const outcome = await rounds(brief, { ...context, report }, given, output, session)
        return redactedOutcome(outcome, secrets)
      } finally {
        output.end()
        await rm(folder, { recursive: true, force: true })
      }
    },

    async recover() {
      await recoverProcesses(stateFolder)
    },
  }

  async function rounds(
    first: AttemptBrief,
    context: RunnerContext,
    given: Given,
    output: ReturnType<typeof agentOutput>,
    /** The id that was said last. */
    session: { readonly id: string | undefined },
  ): Promise<Outcome> {
    const answers = [...first.answers]
    let leftMs = options.timeoutMs
    for (let asked = 0; ; asked += 1) {
      const startedAt = performance.now()
      const { end, result, path } = await start(
        { ...first, answers, ...(session.id !== undefined && { session: session.id }) },
        context,
        given,
        output,
        leftMs,
      )
      if (leftMs !== undefined) leftMs -= performance.now() - startedAt
      if (end.how === 'aborted') throw context.signal.reason
      if (result.kind === 'result' && result.session !== undefined) {
        context.report.session(result.session)
      }
      output.flush()
      const ending = endingOf(end, result, path, output, command, options.timeoutMs)
      if (ending.status !== 'waiting') return ending
      const ask = redactedQuestion(ending.ask, given.secrets)
      if (asked >= maxQuestions) {
        return {
          status: 'failed',
          class: 'invalid-output',
          message: `The agent asked its question number ${asked + 1} in one attempt ("${ask.text.slice(0, 200)}"); ${maxQuestions} is the limit (maxQuestions).`,
        }
      }
      const answer = await context.report.ask(ask)
      answers.push({ question: ask.text, answer })
    }
  }

  async function start(
    brief: AttemptBrief,
    { signal }: RunnerContext,
    { folder, variables }: Given,
    output: ReturnType<typeof agentOutput>,
    timeoutMs: number | undefined,
  ): Promise<{ end: ProcessEnd; result: ReadResult; path: string }> {
    const [contextFile, promptFile, path] = ['context.json', 'prompt.md', 'result.json'].map(
      (name) => join(folder, name),
    ) as [string, string, string]
    const prompt = renderPrompt(brief)
    await rm(path, { recursive: true, force: true })
    const { env: _inEnvironment, ...place } = brief.workspace
    await writeFile(contextFile, JSON.stringify({ ...brief, workspace: place }, null, 2))
    await writeFile(promptFile, prompt)
    const end = await runProcess({
      command: commandFor(brief.session),
      cwd: options.cwd ?? brief.workspace.path ?? folder,
      environment: {
        ...variables,
        CUELINE_CONTEXT: contextFile,
        CUELINE_PROMPT: promptFile,
        CUELINE_RESULT: path,
        CUELINE_TASK: withoutNul(brief.task.code),
        CUELINE_ATTEMPT: withoutNul(brief.attemptId),
        CUELINE_FENCE: String(brief.fence),
        ...(brief.session !== undefined && { CUELINE_SESSION: brief.session }),
      },
      input: options.promptVia === 'file' ? '' : prompt,
      onOutput: (text, stream) => output.add(text, stream),
      signal,
      timeoutMs,
      graceMs: options.graceMs ?? 5000,
      records,
      scratch: folder,
    })
    return { end, result: await readResult(path), path }
  }

  function commandFor(session: string | undefined): readonly string[] {
    if (session === undefined || resumeCommand === undefined) return command
    return resumeCommand.map((part) => part.replaceAll(placeholder, () => session))
  }
}

/** What the commands of one attempt get. */
interface Given {
  readonly folder: string
  readonly variables: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

function checkedResumeCommand(command: readonly string[] | undefined) {
  if (command === undefined) return undefined
  const checked = checkedCommand(command, 'the process runner for resuming')
  if (checked.slice(1).some((part) => part.includes(placeholder))) return checked
  throw new CuelineError(
    'invalid-input',
    `The command for resuming has no argument with ${placeholder}, so the agent would begin anew; pass one such as ["my-agent", "--resume", "${placeholder}"].`,
    { details: { command } },
  )
}

function redactedOutcome(outcome: Outcome, secrets: readonly string[]): Outcome {
  const clean = (text: string) => redact(text, secrets)
  switch (outcome.status) {
    case 'completed':
      return { ...outcome, summary: clean(outcome.summary) }
    case 'yielded':
      return { ...outcome, reason: clean(outcome.reason) }
    case 'failed':
      return {
        ...outcome,
        message: clean(outcome.message),
        ...(outcome.evidence !== undefined && { evidence: clean(outcome.evidence) }),
      }
  }
}

function redactedQuestion(ask: Question, secrets: readonly string[]): Question {
  const clean = (text: string) => redact(text, secrets)
  return {
    ...ask,
    text: clean(ask.text),
    ...(ask.options !== undefined && { options: ask.options.map(clean) }),
  }
}

/** Environment variables cannot hold one; the context file has the code as it is. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '')
}

/** What the end of the process and its result file come to. */
function endingOf(
  end: Exclude<ProcessEnd, { how: 'aborted' }>,
  read: ReadResult,
  path: string,
  { tails }: ReturnType<typeof agentOutput>,
  command: readonly string[],
  timeoutMs: number | undefined,
): Outcome | Extract<AgentResult, { status: 'waiting' }> {
  const program = JSON.stringify(command[0])
  const said = tails.stderr.text().trim() === '' ? tails.stdout.text() : tails.stderr.text()
  const fail = (
    errorClass: Extract<Outcome, { status: 'failed' }>['class'],
    message: string,
    evidence = said,
  ): Outcome => ({ status: 'failed', class: errorClass, message, evidence })

  if (end.how === 'not-started') {
    return fail(end.retryable ? 'transient' : 'permanent', end.message, '')
  }
  if (end.how === 'timed-out') {
    return fail(
      'timeout',
      `The agent ${program} did not end within ${timeoutMs} ms and was stopped; raise timeoutMs or make the task smaller.`,
    )
  }
  const ended =
    end.how === 'exited' ? `exited with code ${end.code}` : `was killed by ${end.signal}`
  const failed = end.how === 'killed' || end.code !== 0
  if (failed && !(read.kind === 'result' && read.result.status === 'failed')) {
    return fail(
      'agent-crash',
      `The agent ${program} ${ended}${lastWords(tails.stderr.lastWords())}`,
    )
  }
  if (read.kind === 'invalid') {
    return fail('invalid-output', `The result file ${path} is not usable: ${read.problem}.`)
  }
  if (read.kind === 'absent') {
    return { status: 'completed', summary: tails.stdout.lastLine().slice(0, 500) }
  }
  const { result } = read
  switch (result.status) {
    case 'yielded':
      return { status: 'yielded', reason: result.summary }
    case 'completed':
      return { status: 'completed', summary: result.summary }
    case 'failed':
      return { ...result, evidence: said }
    case 'waiting':
      return result
  }
}

function lastWords(line: string): string {
  return line === '' ? '.' : `: ${line.slice(0, 500)}`
}
