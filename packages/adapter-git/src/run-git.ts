import { execFile } from 'node:child_process'
import { devNull } from 'node:os'

import { CuelineError, redact } from '@cueline/core'

export interface GitCall {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly signal?: AbortSignal | undefined
  /** Exit codes beside 0 that are an answer. */
  readonly answers?: readonly number[]
  /** Milliseconds after which it is stopped; never when left out. */
  readonly timeoutMs?: number
}

export interface GitAnswer {
  readonly code: number
  readonly stdout: string
}

const mostOutputBytes = 512 * 1024 * 1024
const inherited = [
  'PATH',
  'HOME',
  'TMPDIR',
  'GNUPGHOME',
  'SSH_AUTH_SOCK',
  'SystemRoot',
  'USERPROFILE',
]

/** What no repository may decide about the commands that Cueline itself gives to git. */
const hardened = [
  `core.hooksPath=${devNull}`,
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.addEmbeddedRepo=false',
].flatMap((setting) => ['-c', setting])

/**
 * One git command from an argument array, in an environment of its own: no hooks, no prompt, no
 * settings of the system or the user.
 *
 * @throws CuelineError `not-found` without a git program, `cancelled` on abort, `internal` with what
 *   git said when it fails.
 */
export function runGit(args: readonly string[], call: GitCall): Promise<GitAnswer> {
  return start([...hardened, ...args], args, { ...inheritedEnvironment(), ...ownSettings }, call)
}

/**
 * As `runGit`, but with the settings of the user and the system: for questions about them, before
 * any agent works.
 */
export function askGit(args: readonly string[], call: GitCall): Promise<GitAnswer> {
  return start(args, args, inheritedEnvironment(), call)
}

/**
 * As `runGit`, but with what the user has set for getting to remotes: credential helpers, proxies, ssh.
 * For a folder whose own settings no agent writes. Only https, http, ssh and folders are gone to.
 *
 * @throws CuelineError as `runGit`; `refused` when the remote does not let us, `timeout`.
 */
export async function pushGit(args: readonly string[], call: GitCall): Promise<GitAnswer> {
  const environment = { ...inheritedEnvironment(), ...proxies(), ...toRemotes }
  try {
    return await start([...hardened, ...args], args, environment, call)
  } catch (error) {
    throw error instanceof CuelineError ? remoteError(error, args, call) : error
  }
}

const toRemotes = {
  GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
  GIT_NO_REPLACE_OBJECTS: '1',
  GCM_INTERACTIVE: 'never',
}

function proxies(): Record<string, string> {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy']
  // How the user's own git finds its settings and gets to remotes.
  const own = ['XDG_CONFIG_HOME', 'GIT_SSH_COMMAND', 'GIT_SSH', 'SSL_CERT_FILE', 'GIT_SSL_CAINFO']
  return Object.fromEntries(
    [...names, ...own].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

const doesNotKnowUs =
  /authentication failed|could not read (?:username|password)|permission denied|permission to .* denied|access denied|HTTP 40[13]|terminal prompts disabled/i

function remoteError(error: CuelineError, args: readonly string[], call: GitCall): CuelineError {
  const { details, cause } = error
  const { stderr = error.message } = details
  const said = redact(typeof stderr === 'string' ? stderr : error.message, [])
  if (
    cause instanceof Error &&
    'killed' in cause &&
    cause.killed === true &&
    error.code === 'internal'
  ) {
    const after = (call.timeoutMs ?? 0) / 1_000
    return new CuelineError('timeout', `git ${args[0]} gave no answer in ${after} s.`, {
      retryable: true,
      cause,
    })
  }
  if (error.code !== 'internal') return error
  if (doesNotKnowUs.test(said)) {
    return new CuelineError(
      'refused',
      `The remote does not let git ${args[0]} in: ${said} Log in where "git ${args[0]}" by hand would ask you to (gh auth setup-git, an ssh key).`,
      { details: { stderr: said }, cause },
    )
  }
  if (/stale info|fetch first|non-fast-forward|rejected/i.test(said)) {
    return new CuelineError(
      'conflict',
      `The remote refused the push: ${said} Somebody else was there meanwhile, or a rule of the remote forbids it; look, then deliver again.`,
      { retryable: true, details: { stderr: said }, cause },
    )
  }
  return new CuelineError('runner-failed', `git ${args[0]} failed: ${said}`, {
    retryable: true,
    details: { stderr: said },
    cause,
  })
}

function start(
  all: readonly string[],
  shown: readonly string[],
  environment: Readonly<Record<string, string>>,
  { cwd, env = {}, input, signal, answers = [], timeoutMs }: GitCall,
): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      all,
      {
        cwd,
        env: { ...environment, ...env },
        maxBuffer: mostOutputBytes,
        windowsHide: true,
        ...(signal !== undefined && { signal }),
        ...(timeoutMs !== undefined && { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout })
        const code: unknown = error.code
        if (typeof code === 'number' && answers.includes(code)) return resolve({ code, stdout })
        reject(gitError(shown, error, stderr))
      },
    )
    // A command that ends before it has read everything is told by its exit code.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input ?? '')
  })
}

const ownSettings = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: devNull,
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
}

function inheritedEnvironment(): Record<string, string> {
  const kept = inherited.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_EDITOR: 'true' }
}

function gitError(
  args: readonly string[],
  error: Error & { readonly code?: unknown },
  stderr: string,
): CuelineError {
  if (error.name === 'AbortError') {
    return new CuelineError('cancelled', `git ${args[0]} was stopped; try again.`, {
      retryable: true,
      cause: error,
    })
  }
  if (error.code === 'ENOENT') {
    return new CuelineError(
      'not-found',
      'git could not be started: it is not in PATH, or the folder it should run in is gone. Install git 2.38 or newer.',
      { cause: error },
    )
  }
  const said = stderr.trim().split('\n').slice(-lastLines).join('\n')
  return new CuelineError('internal', `git ${args.join(' ').slice(0, mostOfCommand)}: ${said}`, {
    details: { code: error.code, stderr: said },
    cause: error,
  })
}

const lastLines = 5
const mostOfCommand = 300
