import { spawn } from 'node:child_process'
import { devNull } from 'node:os'

const largestAnswer = 512 * 1024 * 1024

/** Nothing that a repository's or a user's settings name is started, and nothing is asked of people. */
const hardened = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.pager=cat', 'gc.auto=0']
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
}

/**
 * What git prints, a byte per character, so that no content is changed by reading it.
 *
 * @throws an Error with what git said.
 */
export function askGit(
  cwd: string,
  args: readonly string[],
  { input = '', signal, answers = [0] }: GitQuestion = {},
): Promise<string> {
  const all = [...hardened.flatMap((setting) => ['-c', setting]), ...args]
  return new Promise((resolve, reject) => {
    const child = spawn('git', all, { cwd, env: environment, ...(signal && { signal }) })
    const parts: Buffer[] = []
    let size = 0
    let said = ''
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = `There is no folder ${cwd}, or git could not be started.`
      reject(error.code === 'ENOENT' ? new Error(missing, { cause: error }) : error)
    })
    child.stdout.on('data', (part: Buffer) => {
      parts.push(part)
      size += part.length
      if (size > largestAnswer) child.kill()
    })
    child.stderr.on('data', (part: Buffer) => (said = (said + String(part)).slice(-2_000)))
    child.on('close', (code) => {
      if (code !== null && answers.includes(code)) resolve(Buffer.concat(parts).toString('latin1'))
      else reject(new Error(`git ${args.slice(0, 4).join(' ')} in ${cwd}: ${said.trim()}`))
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input, 'latin1')
  })
}

export interface GitQuestion {
  readonly input?: string
  readonly signal?: AbortSignal
  /** Exit codes that are no failure; 0 when left out. */
  readonly answers?: readonly number[]
}
