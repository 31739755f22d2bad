import { execFile } from 'node:child_process'

import { CuelineError, redact } from '@cueline/core'

export interface ProgramCall {
  readonly command: readonly string[]
  /** Names of environment variables to pass on, beside the usual ones. */
  readonly environment: readonly string[]
  readonly cwd: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly input: string
}

const passed = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TMPDIR',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'XDG_STATE_HOME',
  'GH_CONFIG_DIR',
  'GH_HOST',
  'GH_TOKEN',
  'GH_ENTERPRISE_TOKEN',
  'GITHUB_TOKEN',
  'GITHUB_ENTERPRISE_TOKEN',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'DBUS_SESSION_BUS_ADDRESS',
  'SystemRoot',
  'USERPROFILE',
  'APPDATA',
]
const secretNames = ['GH_TOKEN', 'GH_ENTERPRISE_TOKEN', 'GITHUB_TOKEN', 'GITHUB_ENTERPRISE_TOKEN']
const mostOutputBytes = 16 * 1024 * 1024

/**
 * One call of the program from an argument array, without any prompt; resolves with what it printed.
 *
 * @throws CuelineError `unsupported` when there is no such program, `refused` when it is not logged in
 *   or may not, `limit` (retryable) when the forge asks to wait, `timeout`, `cancelled`, and else
 *   `runner-failed` with what it said.
 */
export function runProgram(args: readonly string[], call: ProgramCall): Promise<string> {
  const { command, cwd, timeoutMs, signal, input } = call
  const [program = '', ...first] = command
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...first, ...args],
      {
        cwd,
        env: environmentOf(call.environment),
        maxBuffer: mostOutputBytes,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        windowsHide: true,
        signal,
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout)
        reject(programError([program, ...args], error, hidden(`${stderr}\n${stdout}`), timeoutMs))
      },
    )
    // A program that ends before it has read everything is told by its exit code.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

function environmentOf(more: readonly string[]): Record<string, string> {
  const kept = [...passed, ...more].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(kept),
    GH_PROMPT_DISABLED: '1',
    GH_NO_UPDATE_NOTIFIER: '1',
    NO_COLOR: '1',
    GIT_TERMINAL_PROMPT: '0',
  }
}

function hidden(text: string): string {
  return redact(
    text,
    secretNames.map((name) => process.env[name] ?? ''),
  )
}

const mostSaid = 500
/** What `gh` and forges say when they ask to wait, and when they do not know who asks. */
const asksToWait = /rate limit|abuse detection|too many requests|HTTP 429|retry-after/i
const doesNotKnowUs =
  /gh auth login|not logged in|authentication|bad credentials|HTTP 401|HTTP 403|must have push access|resource not accessible|permission/i

function programError(
  [program = '', ...args]: readonly string[],
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  said: string,
  timeoutMs: number,
): CuelineError {
  const what = `${program} ${args.slice(0, 2).join(' ')}`
  const told = said.trim().slice(-mostSaid)
  const details = { program, arguments: args.slice(0, 2), code: error.code }
  if (error.name === 'AbortError') {
    return new CuelineError('cancelled', `${what} was stopped; try again.`, {
      retryable: true,
      cause: error,
    })
  }
  if (error.code === 'ENOENT' || error.code === 'EACCES') {
    return new CuelineError(
      'unsupported',
      `There is no program ${JSON.stringify(program)} to make pull requests with. Install GitHub's gh (https://cli.github.com) and log in with "gh auth login", or name another with the same words: command: ['…'], cueline deliver --command.`,
      { details, cause: error },
    )
  }
  if (error.killed === true) {
    return new CuelineError('timeout', `${what} gave no answer in ${timeoutMs / 1_000} s.`, {
      retryable: true,
      details,
      cause: error,
    })
  }
  if (asksToWait.test(told)) {
    return new CuelineError(
      'limit',
      `The forge asks to wait (${what}): ${told} Nothing is lost; deliver again later.`,
      { retryable: true, details, cause: error },
    )
  }
  if (doesNotKnowUs.test(told)) {
    return new CuelineError(
      'refused',
      `The forge does not let ${what} do that: ${told} Log in with "gh auth login", with an account that may push and make pull requests.`,
      { details, cause: error },
    )
  }
  return new CuelineError('runner-failed', `${what} failed: ${told}`, {
    retryable: true,
    details,
    cause: error,
  })
}
