import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Timed } from './measure.ts'

const program = join(import.meta.dirname, 'candidate-process.ts')

/**
 * Candidates of a module of this folder, each in a process of its own, as in life. In one process the
 * garbage collected before each turn takes along what was compiled for those who are not running, so that
 * whoever has more code begins cold each time.
 */
export function ownProcesses<Name extends string>(
  module: string,
  given: object,
  names: readonly Name[],
) {
  const children = names.map((name) =>
    fork(program, [join(import.meta.dirname, module), name, JSON.stringify(given)]),
  )
  const timed = names.map((name, at) => [name, () => askOf(children[at], name)] as const)
  return {
    candidates: Object.fromEntries(timed) as Record<Name, Timed>,
    end: () => {
      for (const child of children) if (child.connected) child.disconnect()
    },
  }
}

function askOf(child: ChildProcess | undefined, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`The process of "${name}" has ended; see above.`))
    child?.once('exit', ended)
    child?.once('message', (ms) => {
      child.off('exit', ended)
      resolve(Number(ms))
    })
    child?.send('run', (error) => {
      if (error !== null) reject(error)
    })
  })
}
