import { CompiledQuery } from 'kysely'

import { mostUnits, weighAll } from './portions.ts'

/** Seen so often, a sequence of statements is worth a text that the server plans and keeps. */
const usual = 3
/** Texts kept per process: each connection keeps a plan of each that it has run. */
const mostTexts = 64
/** Statements of sequences that are remembered; beyond, those that have not come often are forgotten. */
const mostSteps = 4_096
/** More statements than this are a bulk change, in which one more round of the server is nothing. */
const mostStatements = 32

export interface Joined {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

interface Sequence {
  readonly next: Map<string, Sequence>
  seen: number
  text: string | undefined
}

const start: Sequence = { next: new Map(), seen: 0, text: undefined }
let texts = 0
let steps = 0

/**
 * Writes as one statement where they are a sequence that comes often, else as they are. All of them
 * see the rows as they were before, so none may touch a row that another one does. Most of what a
 * small write costs a server is to begin and end it.
 */
export function joined(
  writes: readonly CompiledQuery[],
  most: number = mostUnits,
): readonly CompiledQuery[] {
  if (writes.length < 2 || !mayJoin(writes, most)) return writes
  const text = textFor(writes, () => `with ${inOrder(partsOf(writes)).join(', ')} select 1`)
  return text === undefined ? writes : [CompiledQuery.raw(text, parametersOf(writes))]
}

/**
 * One statement of `first`, which consists of named parts (`name as (…)`), of writes and of `last`;
 * undefined for sequences that do not come often enough.
 */
export function joinedBehind(
  first: CompiledQuery,
  writes: readonly CompiledQuery[],
  last: string,
  most: number = mostUnits,
): Joined | undefined {
  if (!mayJoin(writes, most)) return undefined
  const all = [first, ...writes]
  const text = textFor(all, () => {
    const [, ...parts] = partsOf(all)
    return `with ${[first.sql, ...inOrder(parts)].join(', ')} ${last}`
  })
  return text === undefined ? undefined : { sql: text, parameters: parametersOf(all) }
}

/** Neither too many nor, together, too much for one message to the server. */
function mayJoin(writes: readonly CompiledQuery[], most: number): boolean {
  if (writes.length > mostStatements) return false
  let weight = 0
  for (const { parameters } of writes) weight += weighAll(parameters)
  return weight <= most
}

/** The text of a sequence of statements; undefined until it has come often. */
function textFor(writes: readonly CompiledQuery[], textOf: () => string): string | undefined {
  if (steps >= mostSteps) forgetRare(start)
  let sequence = start
  for (const { sql } of writes) {
    let next = sequence.next.get(sql)
    if (next === undefined) {
      // Nobody remembers what comes once.
      if (texts >= mostTexts) return undefined
      next = { next: new Map(), seen: 0, text: undefined }
      sequence.next.set(sql, next)
      steps += 1
    }
    sequence = next
  }
  sequence.seen += 1
  if (sequence.text === undefined) {
    if (sequence.seen < usual || texts >= mostTexts) return undefined
    texts += 1
    sequence.text = textOf()
  }
  return sequence.text
}

/** Whether anything is left of it. */
function forgetRare({ next, text }: Sequence): boolean {
  for (const [sql, sequence] of next) {
    if (forgetRare(sequence)) continue
    next.delete(sql)
    steps -= 1
  }
  return text !== undefined || next.size > 0
}

function partsOf(writes: readonly CompiledQuery[]): string[] {
  let before = 0
  return writes.map(({ sql, parameters }, index) => {
    const text = sql.replace(/\$(\d+)/g, (_, number: string) => `$${Number(number) + before}`)
    before += parameters.length
    return `write_${index} as (${text})`
  })
}

/**
 * Postgres carries out the last part first (`ExecPostprocessPlan`). Rows are to be locked in the order of
 * the writes, as by those that are not joined: who locks them the other way round waits for ever.
 */
function inOrder(parts: readonly string[]): readonly string[] {
  return parts.toReversed()
}

function parametersOf(writes: readonly CompiledQuery[]): unknown[] {
  const none: unknown[] = []
  return none.concat(...writes.map(({ parameters }) => parameters))
}
