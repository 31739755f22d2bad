import { parseArgs } from 'node:util'

import { splitCommand } from '@cueline/adapter-agents'

export interface Options {
  readonly workers: number
  /** Seconds that one plan minute stands for; the recorded agent's waits are scaled alike. */
  readonly scale: number
  /** Argument array of an agent that is used instead of the recorded one. */
  readonly agent: readonly string[] | null
  /** Given to whatever an agent asks; its first option when null. */
  readonly answer: string | null
  /** Where the run lives; in `.cueline/quickstart` of the checkout when null. */
  readonly folder: string | null
  /** Agents work in git worktrees, and their work lands on a branch; in plain folders when false. */
  readonly git: boolean
  readonly resume: boolean
  readonly help: boolean
}

export const usage = `Usage: npm start -- [options]

  --workers <n>         how many agents work at once (default 4; 1 gives the sequential run)
  --resume              go on with the last run, with the options it had
  --agent "<command>"   any command-line agent instead of the recorded one; the task comes on its
                        standard input, and it works in the folder that it is started in
  --answer <text>       what agents are told when they ask (default: their first option)
  --scale <seconds>     real seconds per minute of the plan for the recorded agent (default 0.05)
  --folder <path>       where the run lives (default .cueline/quickstart); a new run empties it
  --no-git              work in plain folders: the same run for machines without git
  --help                this text
`

/** @throws an Error for people when an option is unknown or makes no sense. */
export function parseCommandLine(args: readonly string[], last: Options | null = null): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      workers: { type: 'string' },
      scale: { type: 'string' },
      agent: { type: 'string' },
      answer: { type: 'string' },
      folder: { type: 'string' },
      git: { type: 'boolean' },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { workers, scale, agent, answer, folder, git, resume, help } = values
  return {
    workers:
      workers === undefined
        ? (last?.workers ?? 4)
        : numberOf('--workers', workers, 'a whole number from 1 to 64', (value) => {
            return Number.isInteger(value) && value >= 1 && value <= 64
          }),
    scale:
      scale === undefined
        ? (last?.scale ?? 0.05)
        : numberOf('--scale', scale, 'seconds from 0.001 to 60', (value) => {
            return value >= 0.001 && value <= 60
          }),
    agent: agent === undefined ? (last?.agent ?? null) : splitCommand(agent, '--agent'),
    answer: answer ?? last?.answer ?? null,
    folder: folder ?? null,
    git: git ?? last?.git ?? true,
    resume,
    help,
  }
}

function numberOf(
  option: string,
  text: string,
  expected: string,
  fits: (value: number) => boolean,
): number {
  const value = Number(text)
  if (text.trim() !== '' && fits(value)) return value
  throw new Error(`${option} is "${text}": give ${expected}.`)
}
