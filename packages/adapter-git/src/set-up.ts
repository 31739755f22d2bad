import { lstat } from 'node:fs/promises'

import {
  allowedEnvironment,
  CuelineError,
  defaultInheritedEnvironment,
  redactedStream,
  secretsIn,
  type WorkspaceReport,
} from '@cueline/core'

import type { Manifest } from './manifest.ts'
import type { Repository } from './repository.ts'
import { runCommand } from './run-command.ts'
import { databaseSlugOf, environmentOf, filledIn } from './setup-environment.ts'
import type { CheckedSetup } from './workspace-setup.ts'

export interface SetupRun {
  /** Where the commands run. */
  readonly path: string
  readonly kind: 'workspace' | 'trial'
  readonly signal: AbortSignal
  readonly report?: WorkspaceReport | undefined
}

/**
 * Runs the commands of the set-up, one after the other.
 *
 * @throws CuelineError `refused`, retryable, that names the command, with the end of its output as
 *   `details.evidence`; the reason of the abort.
 */
export async function runSetup(
  setup: CheckedSetup,
  manifest: Manifest,
  { path, kind, signal, report }: SetupRun,
): Promise<void> {
  for (const command of setup.run) {
    const name = command.join(' ')
    report?.progress(`Set-up: ${name}`)
    const { problem, said } = await run(setup, manifest, { command, cwd: path, kind, signal })
    if (problem === null) continue
    throw new CuelineError(
      'refused',
      `The set-up of a workspace failed: "${name}" ${problem}${lastWords(said)}. It is tried again; see that the command works in a fresh worktree.`,
      { retryable: true, details: { command, evidence: said } },
    )
  }
}

/** Runs all commands that give back what the set-up took; what went wrong, in words. Never rejects. */
export async function runTeardown(
  { root }: Repository,
  setup: CheckedSetup,
  manifest: Manifest,
): Promise<readonly string[]> {
  const problems: string[] = []
  if (setup.teardown.length === 0) {
    problems.push(
      `The workspace of ${manifest.attemptId} was set up by a process with commands for its teardown, which this one does not have. Give back by hand what they would have: those of ${databaseSlugOf(manifest)}. The next time give it the same set-up (cueline workspaces remove --setup).`,
    )
  }
  for (const command of setup.teardown) {
    const cwd = (await isFolder(manifest.path)) ? manifest.path : root
    const ended = await run(setup, manifest, { command, cwd, kind: 'workspace' }).catch(
      (error: unknown) => ({ problem: `failed: ${String(error)}`, said: '' }),
    )
    if (ended.problem === null) continue
    problems.push(
      `The teardown of the workspace of ${manifest.attemptId} failed: "${command.join(' ')}" ${ended.problem}${lastWords(ended.said)}. The workspace was removed all the same; give back by hand what the command would have.`,
    )
  }
  return problems
}

async function run(
  setup: CheckedSetup,
  manifest: Manifest,
  order: {
    readonly command: readonly string[]
    readonly cwd: string
    readonly kind: SetupRun['kind']
    readonly signal?: AbortSignal
  },
): Promise<{ readonly problem: string | null; readonly said: string }> {
  const environment = allowedEnvironment(
    [...defaultInheritedEnvironment, ...setup.inherit],
    { ...environmentOf(setup, manifest), CUELINE_SETUP: order.kind },
    process.env,
  )
  let said = ''
  const output = redactedStream(secretsIn(environment), (text) => {
    said = (said + text).slice(-mostOutput)
  })
  const problem = await runCommand({
    command: order.command.map((part) => filledIn(part, manifest)),
    cwd: order.cwd,
    environment,
    timeoutMs: setup.timeoutMs,
    signal: order.signal,
    onOutput: (text) => output.add(text),
  })
  output.flush()
  return { problem, said }
}

/** Characters of output that still help a reader. */
const mostOutput = 4_000
const lastLines = 3
const mostOfLine = 300

function lastWords(said: string): string {
  const lines = said.trimEnd().split('\n').slice(-lastLines)
  const shown = lines.map((line) => line.trim().slice(0, mostOfLine)).filter((line) => line !== '')
  return shown.length === 0 ? '' : `, and said last: ${shown.join(' / ')}`
}

function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}
