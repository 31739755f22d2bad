import { type ChildProcess, spawn } from 'node:child_process'

export interface Finished {
  readonly code: number
  /** stdout and stderr, in the order they came. */
  readonly output: string
}

/** Runs one program to its end, without a shell and without stdin. Never rejects. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  return startCommand(command, args, options).finished
}

/** The same for who wants to end it. */
export function startCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  const finished = new Promise<Finished>((resolve) => {
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    const text = () => Buffer.concat(chunks).toString('utf8')
    child.on('error', (error) => resolve({ code: 127, output: `${text()}${error.message}\n` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: text() }))
  })
  return { child, finished }
}
