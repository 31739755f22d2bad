import { CuelineError } from '@cueline/core'

/**
 * What a fresh workspace gets beside the files that git knows. It comes from the host, never from a
 * file of a workspace: agents write there.
 *
 * In `env`, `run` and `teardown`, `{attempt}` stands for the id of the attempt, `{slug}` for a name
 * of the workspace that databases take, `{temp}` for its temp folder and `{port:NAME}` for one of
 * its ports.
 */
export interface WorkspaceSetup {
  /**
   * Ignored files and folders of the repository's checkout that are copied: paths, or globs, which
   * may match nothing. Nothing of them ever lands or is salvaged.
   */
  readonly copy?: readonly string[]
  /** As `copy`, but linked: what an agent changes there is changed for all. */
  readonly link?: readonly string[]
  /**
   * Commands, as argument arrays, that run one after the other in the workspace - and again in the
   * worktree in which a merged result is judged; `CUELINE_SETUP` tells them which it is, `workspace`
   * or `trial`. What they make must be ignored by git.
   */
  readonly run?: readonly (readonly string[])[]
  /** Commands that run before the workspace is removed. Their failure does not keep it. */
  readonly teardown?: readonly (readonly string[])[]
  /** Variables that get a port which no other workspace of the repository has, nor any program. */
  readonly ports?: readonly string[]
  /** The first and the last port to choose from; 20 000 and 29 999 when absent. */
  readonly portRange?: readonly [first: number, last: number]
  /** Variables for everything that works in the workspace: set-up, agent, gates, teardown. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * Variables that `run` and `teardown` inherit from this process, beside harmless ones such as
   * `PATH`; agents and gates do not get them by this.
   */
  readonly inherit?: readonly string[]
  /** Milliseconds that one command may take; 600 000 (ten minutes) when absent. */
  readonly timeoutMs?: number
}

/** The set-up as a host gave it, checked, with all that was left out. */
export type CheckedSetup = Required<WorkspaceSetup>

/** What stands for something else; anything else in braces is left as it is. */
export const placeholders = /\{([a-z]+)(?::([^{}]*))?\}/g

const firstPort = 20_000
const lastPort = 29_999
const usualTimeoutMs = 600_000
const mostEntries = 1_000

/**
 * Checks what a host, or a file that it has read, says.
 *
 * @throws CuelineError `invalid-input` that names the entry, shows it and says what it must be.
 */
export function checkedSetup(value: unknown = {}): CheckedSetup {
  if (!isRecord(value)) throw wrong('it', value, 'an object such as {"copy": [".env"]}')
  for (const key of Object.keys(value)) {
    if (!known.has(key)) {
      throw wrong(`"${key}"`, value[key], `left out: only ${[...known].join(', ')} are known`)
    }
  }
  const ports = list(value, 'ports', checkName)
  const setup = {
    copy: list(value, 'copy', checkPath),
    link: list(value, 'link', checkPath),
    run: list(value, 'run', checkCommand),
    teardown: list(value, 'teardown', checkCommand),
    ports,
    portRange: checkRange(value['portRange']),
    env: checkEnv(value['env']),
    inherit: list(value, 'inherit', checkName),
    timeoutMs: checkTime(value['timeoutMs']),
  }
  for (const [at, port] of ports.entries()) {
    if (ports.indexOf(port) !== at) throw wrong(`"ports"[${at}]`, port, 'another than those before')
    if (Object.hasOwn(setup.env, port)) {
      throw wrong(`"env" "${port}"`, setup.env[port], 'left out: it is one of "ports"')
    }
  }
  for (const [at, text] of [...setup.run, ...setup.teardown].flat().entries()) {
    checkPlaceholders(text, ports, `argument ${at + 1} of "run" and "teardown"`)
  }
  for (const [name, text] of Object.entries(setup.env)) {
    checkPlaceholders(text, ports, `"env" "${name}"`)
  }
  return setup
}

const known: ReadonlySet<string> = new Set<keyof WorkspaceSetup>([
  'copy',
  'link',
  'run',
  'teardown',
  'ports',
  'portRange',
  'env',
  'inherit',
  'timeoutMs',
])

function list<Entry>(
  value: Readonly<Record<string, unknown>>,
  key: keyof WorkspaceSetup,
  check: (entry: unknown, where: string) => Entry,
): readonly Entry[] {
  const entries = value[key] ?? []
  if (!Array.isArray(entries)) throw wrong(`"${key}"`, entries, 'a list')
  if (entries.length > mostEntries) {
    throw wrong(`"${key}"`, entries.length, `a list of at most ${mostEntries} entries`)
  }
  return entries.map((entry: unknown, at) => check(entry, `"${key}"[${at}]`))
}

/** A path inside the repository, which is not one of git's or Cueline's own. */
function checkPath(value: unknown, where: string): string {
  const expected = 'a path inside the repository such as ".env" or "packages/*/.env"'
  if (typeof value !== 'string' || value === '' || value.includes('\0') || value.includes('\\')) {
    throw wrong(where, value, expected)
  }
  const path = value.replace(/\/$/, '')
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /^[a-z]:/i.test(path)) {
    throw wrong(where, value, expected)
  }
  if (parts.some((part) => ['.git', '.cueline'].includes(part.toLowerCase()))) {
    throw wrong(where, value, 'outside of .git and .cueline')
  }
  return path
}

function checkCommand(value: unknown, where: string): readonly string[] {
  const sound =
    Array.isArray(value) &&
    value.length > 0 &&
    value[0] !== '' &&
    value.every((part) => typeof part === 'string' && !part.includes('\0'))
  if (!sound) {
    throw wrong(where, value, 'a program with its arguments, as a list such as ["npm", "ci"]')
  }
  return [...(value as string[])]
}

function checkName(value: unknown, where: string): string {
  if (typeof value !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
    throw wrong(where, value, 'the name of an environment variable such as "PORT"')
  }
  if (value.toUpperCase().startsWith('CUELINE_')) {
    throw wrong(where, value, 'another name: those that begin with CUELINE_ are set by Cueline')
  }
  return value
}

function checkEnv(value: unknown = {}): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw wrong('"env"', value, 'an object of texts such as {"MODE": "test"}')
  const entries = Object.entries(value).map(([name, text]) => {
    checkName(name, `"env" "${name}"`)
    if (typeof text !== 'string' || text.includes('\0')) {
      throw wrong(`"env" "${name}"`, text, 'a text')
    }
    return [name, text] as const
  })
  return Object.fromEntries(entries)
}

function checkRange(value: unknown = [firstPort, lastPort]): readonly [number, number] {
  const isPort = (port: unknown) => Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536 // prettier-ignore
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isPort) || value[0] > value[1]) {
    throw wrong('"portRange"', value, 'two ports from 1 to 65535, the lower first')
  }
  return [value[0], value[1]]
}

function checkTime(value: unknown = usualTimeoutMs): number {
  if (typeof value === 'number' && value > 0 && value < 2 ** 31) return value
  throw wrong('"timeoutMs"', value, 'milliseconds, more than 0')
}

function checkPlaceholders(text: string, ports: readonly string[], where: string): void {
  for (const [whole, word = '', name] of text.matchAll(placeholders)) {
    const fits = word === 'port' ? name !== undefined && ports.includes(name) : name === undefined
    if (fits && ['attempt', 'slug', 'temp', 'port'].includes(word)) continue
    throw wrong(
      where,
      text,
      `without ${whole}: only {attempt}, {slug}, {temp} and, of "ports", {port:NAME} stand for something`,
    )
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(where: string, value: unknown, expected: string): CuelineError {
  const shown = (JSON.stringify(value) ?? String(value)).slice(0, 200)
  return new CuelineError(
    'invalid-input',
    `The set-up of workspaces cannot be used: ${where} is ${shown}, and must be ${expected}.`,
    { details: { where } },
  )
}
