import { CuelineError } from '../error.ts'
import { printableText } from '../report/printable-text.ts'
import type { CommandOf } from '../staging/command.ts'
import type { AttemptBrief } from '../staging/attempt-brief.ts'
import type { Failure, Verdict } from '../staging/state.ts'
import { touchedOf } from '../staging/touched.ts'
import type { Landed, TriedWork, TrialMerge } from '../workspace/workspace.ts'
import { builtUponLost } from '../workspace/base-work.ts'
import { AttemptAborted } from './attempt-aborted.ts'
import { builtUponOpenWork } from './built-upon-open-work.ts'
import type { Claim } from './claim.ts'
import type { EngineContext } from './context.ts'
import { greenPrefix } from './green-prefix.ts'
import { gatesFailure, judgeGroup, passes } from './judge.ts'
import type { MergeCandidate } from './merge-candidate.ts'
import { orGiveUp } from './or-give-up.ts'
import { unapproved } from './protect.ts'
import { writeForClaim } from './write-for-claim.ts'

/** The first of the queue, and those that merge with it, in their order. */
export type MergeGroup = readonly [MergeCandidate, ...MergeCandidate[]]

/** One whose end is written, or could not be written. */
export interface SettledMerge {
  readonly candidate: MergeCandidate
  readonly error?: Error
}

/**
 * Merges a group until its first is settled. The first goes back to its owner where it contradicts what
 * has landed; who contradicts others of the group is left out of it, since those may not land. The others
 * are judged together. What is green lands as it was judged, in one step; where all are red together,
 * those are found that are green (`greenPrefix`), and the one after them goes back. Who comes after that
 * one, or was left out, is not settled. An attempt that merges alone is a group of one.
 */
export async function mergeInTurn(
  context: EngineContext,
  target: string,
  group: MergeGroup,
): Promise<readonly SettledMerge[]> {
  const [first, ...others] = group
  const settled: SettledMerge[] = []
  let left = others
  while (!settled.some(({ candidate }) => candidate === first)) {
    const { ended, leftOut } = await mergeOnce(context, target, [first, ...left])
    settled.push(...ended)
    const gone = new Set(ended.map(({ candidate }) => candidate))
    if (leftOut !== undefined) gone.add(leftOut)
    left = left.filter((each) => !gone.has(each))
  }
  return settled
}

async function mergeOnce(
  context: EngineContext,
  target: string,
  group: MergeGroup,
): Promise<{ readonly ended: readonly SettledMerge[]; readonly leftOut?: MergeCandidate }> {
  const [first, ...others] = group
  const { provider, signal: own } = first
  const signal =
    others.length === 0 ? own : AbortSignal.any([own, ...others.map((each) => each.signal)])
  const unsure = await builtUponOpenWork(context, group)
  if (unsure !== null) {
    const { candidate, lost } = unsure
    if (lost.length === 0) return { ended: [], leftOut: candidate }
    const failure = { class: 'merge-conflict', message: builtUponLost(lost), evidence: '' } as const
    return { ended: [await fail(context, candidate, { failure, work: {} })] }
  }
  const whole = await tryMerge(context, group, signal)
  const open = new Set<TrialMerge>([whole])
  try {
    if (!whole.ok) {
      const { attemptId } = whole.workspace
      const leftOut = others.find(({ claim }) => claim.attemptId === attemptId)
      if (leftOut !== undefined) return { ended: [], leftOut }
      return {
        ended: [await fail(context, first, { failure: conflict(whole, first.brief), work: whole })],
      }
    }
    const works = whole.group ?? [whole]
    for (const [at, candidate] of group.entries()) {
      const work = works[at] ?? whole
      const failure = await unapproved(context, candidate.claim, candidate.brief, work)
      if (failure !== null) return { ended: [await fail(context, candidate, { failure, work })] }
    }
    const judged = await judgeFirsts(context, group, { whole, works, open }, signal)
    return { ended: await settle(context, target, { group, works, judged, open }) }
  } finally {
    for (const trial of open) await provider.abandon(trial)
  }
}

interface Trials {
  readonly whole: Extract<TrialMerge, { ok: true }>
  readonly works: readonly TriedWork[]
  /** To be given up in the end. */
  readonly open: Set<TrialMerge>
}

interface Judged {
  /** How many are green together, from the first on. */
  readonly green: number
  /** That of these, with the verdicts of each. */
  readonly lands: { readonly trial: TrialMerge; readonly verdicts: Verdicts } | null
  /** On those and the one after them. */
  readonly red: Verdicts
  readonly runs: number
}

type Verdicts = readonly (readonly Verdict[])[]

async function judgeFirsts(
  context: EngineContext,
  group: MergeGroup,
  { whole, works, open }: Trials,
  signal: AbortSignal,
): Promise<Judged> {
  const [first] = group
  const found: { lands: Judged['lands']; red: Verdicts; runs: number } = {
    lands: null,
    red: [],
    runs: 0,
  }
  const tryFirsts = async (length: number) => {
    if (length === group.length) return whole
    const firsts = group.slice(1, length)
    const trial = await tryMerge(context, [first, ...firsts], signal)
    open.add(trial)
    if (!trial.ok) throw changedMeanwhile(trial)
    return trial
  }
  const close = async (trial: TrialMerge) => {
    open.delete(trial)
    await first.provider.abandon(trial)
  }
  const isGreen = async (length: number): Promise<boolean> => {
    const trial = await tryFirsts(length)
    const briefs = group.slice(0, length).map(({ brief }) => brief)
    const path = trial.path ?? trial.workspace.path
    const verdicts = await judgeGroup(context, briefs, path, signal)
    signal.throwIfAborted()
    found.runs += 1
    if (!verdicts.every(passes)) {
      found.red = verdicts
      await close(trial)
      return false
    }
    if (found.lands !== null) await close(found.lands.trial)
    found.lands = { trial, verdicts }
    return true
  }
  // What the workspace of the first holds was judged there already.
  const known = works[0]?.differs === false ? 1 : 0
  const green = await greenPrefix(group.length, known, isGreen)
  if (green > 0 && found.lands === null) {
    const trial = await tryFirsts(green)
    if (trial.differs) throw changedMeanwhile(trial)
    found.lands = { trial, verdicts: [first.verdicts] }
  }
  return { green, ...found }
}

async function settle(
  context: EngineContext,
  target: string,
  {
    group,
    works,
    judged,
    open,
  }: Omit<Trials, 'whole'> & { readonly group: MergeGroup; readonly judged: Judged },
): Promise<readonly SettledMerge[]> {
  const { green, lands, red, runs } = judged
  const grouped = group.length > 1 ? [groupCommand(group, works, judged)] : []
  const settled: SettledMerge[] = []
  if (lands !== null) {
    const [first, ...others] = group.slice(0, green) as [MergeCandidate, ...MergeCandidate[]]
    const landings = await land(context, [first, ...others], lands.trial, target)
    open.delete(lands.trial)
    const writing = [first, ...others].map((candidate, at) =>
      succeed(context, candidate, at === 0 ? grouped : [], {
        verdicts: lands.verdicts[at] ?? [],
        merged: landings[at]?.merged ?? null,
        touched: touchedOf(works[at]?.changed ?? []),
      }),
    )
    settled.push(...(await Promise.all(writing)))
  }
  const out = group[green]
  if (out === undefined) return settled
  const changed = works[green]?.changed
  const failing = {
    failure: redFailure(group.slice(0, green), red, runs),
    work: changed === undefined ? {} : { changed },
    verdicts: red.at(-1) ?? [],
    grouped: green === 0 ? grouped : [],
  }
  return [...settled, await fail(context, out, failing)]
}

type GroupCommand = Pick<
  CommandOf<'attempt.group'>,
  'type' | 'attempts' | 'landed' | 'gateRuns' | 'gateRunsSaved'
>

function groupCommand(
  group: MergeGroup,
  works: readonly TriedWork[],
  { green, runs }: Judged,
): GroupCommand {
  const oneByOne = works.slice(0, green + 1).filter(({ differs }) => differs).length
  return {
    type: 'attempt.group',
    attempts: group.map(({ claim }) => claim.attemptId),
    landed: green,
    gateRuns: runs,
    gateRunsSaved: oneByOne - runs,
  }
}

async function fail(
  context: EngineContext,
  candidate: MergeCandidate,
  {
    failure,
    work: { changed },
    verdicts = candidate.verdicts,
    grouped = [],
  }: {
    readonly failure: Failure
    readonly work: { readonly changed?: readonly string[] }
    readonly verdicts?: readonly Verdict[]
    readonly grouped?: readonly GroupCommand[]
  },
): Promise<SettledMerge> {
  const touched = changed && touchedOf(changed)
  return await written(candidate, () =>
    writeForClaim(context, candidate.claim, ...grouped, {
      type: 'attempt.fail',
      failure,
      verdicts,
      ...(touched && { touched }),
    }),
  )
}

/**
 * What has landed is never settled as failed. When the storage cannot take the success, the lease
 * lapses, and whoever sweeps then finds the landing.
 */
async function succeed(
  context: EngineContext,
  candidate: MergeCandidate,
  grouped: readonly GroupCommand[],
  success: Pick<CommandOf<'attempt.succeed'>, 'verdicts' | 'merged' | 'touched'>,
): Promise<SettledMerge> {
  const { claim } = candidate
  return await written(candidate, async () => {
    try {
      await writeForClaim(context, claim, ...grouped, { type: 'attempt.succeed', ...success })
    } catch (error) {
      if (error instanceof CuelineError && error.code === 'lease-lost') throw error
      context.onError(error, `recording the landing of attempt ${claim.attemptId}`)
    }
  })
}

async function written(
  candidate: MergeCandidate,
  write: () => Promise<unknown>,
): Promise<SettledMerge> {
  try {
    await write()
    return { candidate }
  } catch (error) {
    return { candidate, error: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** A trial that comes only after it was given up is nobody's. */
async function tryMerge(
  context: EngineContext,
  group: MergeGroup,
  signal: AbortSignal,
): Promise<TrialMerge> {
  const [{ provider, workspace }] = group
  const workspaces = group.map((each) => each.workspace)
  const trying =
    group.length === 1 || provider.tryMergeGroup === undefined
      ? provider.tryMerge(workspace, signal)
      : provider.tryMergeGroup(workspaces, signal)
  try {
    return await orGiveUp(context, 'A trial merge', trying, signal)
  } catch (error) {
    trying
      .then((late) => provider.abandon(late))
      .catch((lateError: unknown) => {
        if (lateError !== error) context.onError(lateError, 'giving up a trial merge')
      })
    throw error
  }
}

/** A landing that failed half way may have been finished all the same: then it counts. */
async function land(
  context: EngineContext,
  group: MergeGroup,
  trial: TrialMerge,
  target: string,
): Promise<readonly Pick<Landed, 'merged'>[]> {
  const [{ provider }] = group
  try {
    const landed = await provider.land(trial, () => confirm(context, group, target))
    return landed.group ?? [landed]
  } catch (error) {
    const found: Landed[] = []
    for (const { claim } of group) {
      const landed = await provider.landed(claim.attemptId, claim.fence)
      if (landed === null) throw error
      found.push(landed)
    }
    return found
  }
}

/** The last moment: every claim still stands, and nobody came before the first in the queue. */
async function confirm(
  { ledger }: EngineContext,
  group: MergeGroup,
  target: string,
): Promise<void> {
  const claims = group.map(({ claim }) => claim)
  await ledger.run(async ({ storage }) => {
    const held = await storage.held(claims)
    for (const claim of claims) if (!held.has(claim.workOrderId)) throw leaseLost(claim)
    const [head] = await storage.query('mergeQueue', { target, limit: 1 })
    const [{ claim }] = group
    if (head?.attemptId !== claim.attemptId) throw new TurnLost(claim, head?.code)
  })
}

/** Only where clocks of two hosts differ may somebody come in before the first. */
export class TurnLost extends CuelineError {
  constructor({ attemptId }: Claim, first = 'another attempt') {
    super('conflict', `Attempt ${attemptId} is not the first to merge any more; ${first} is.`, {
      retryable: true,
    })
  }
}

/** What `land` says when the target is not what the trial was made with. */
export function isMoved(error: unknown): error is CuelineError {
  return error instanceof CuelineError && error.code === 'conflict' && error.retryable
}

/** A part of the group does not come to what it was in the trial of all. */
function changedMeanwhile({ workspace: { attemptId } }: TrialMerge): CuelineError {
  const message = `What attempt ${attemptId} was merged with has changed since its trial.`
  return new CuelineError('conflict', message, { retryable: true, details: { attemptId } })
}

function redFailure(before: readonly MergeCandidate[], red: Verdicts, runs: number): Failure {
  const failure = gatesFailure([...new Set(red.flat())], 'the merged result')
  if (before.length === 0) return failure
  const codes = before.map(({ brief }) => printableText(brief.task.code)).join(', ')
  const message = `${failure.message}\nIt was merged together with ${codes}, which ${before.length === 1 ? 'is' : 'are'} green without it and landed; found by ${runs} ${runs === 1 ? 'run' : 'runs'} of the gates.`
  return { ...failure, message }
}

function conflict(
  {
    message,
    conflicts,
    unfit,
    evidence = conflicts.join('\n'),
  }: Extract<TrialMerge, { ok: false }>,
  { task, feedback }: AttemptBrief,
): Failure {
  const wasTold = feedback.some((before) => before.message.includes(message))
  if (unfit !== true || !wasTold) return { class: 'merge-conflict', message, evidence }
  const question = `Task "${task.code}" was done again in a way that cannot land, although its agent was told: ${message} What should be done? The next attempt is told your answer.`
  return { class: 'human-needed', message: question, evidence }
}

function leaseLost(claim: Claim): AttemptAborted {
  return new AttemptAborted(
    'lease-lost',
    `Attempt ${claim.number} lost its lease (fence ${claim.fence}); its work is not stored.`,
  )
}
