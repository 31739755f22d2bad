import type { Event } from '../event/event.ts'
import type { ProjectId } from '../id.ts'
import type { Command, CommandOf, CommandType } from './command.ts'
import { attemptDecisions } from './decide-attempts.ts'
import { batchDecisions } from './decide-batches.ts'
import { projectDecisions } from './decide-projects.ts'
import { sessionDecisions } from './decide-sessions.ts'
import { taskDecisions } from './decide-tasks.ts'
import { workDecisions } from './decide-work.ts'
import {
  createDraft,
  type DecideContext,
  type Draft,
  type Effect,
  type Refusal,
  type TaskResult,
} from './draft.ts'
import type { Change, Slice } from './slice.ts'

export type Decision =
  | {
      readonly ok: true
      readonly events: readonly Event[]
      readonly effects: readonly Effect[]
      /** What folding the events changes, for the storage to write. */
      readonly changes: readonly Change[]
      /** Bulk commands: what became of each task, in the order given. */
      readonly results: readonly TaskResult[]
      /** The rows as the events leave them. */
      readonly slice: Slice
    }
  | { readonly ok: false; readonly refusal: Refusal }

/** Adds events to the draft, or says why not; a refusal leaves everything as it was. */
export type Decide<Type extends CommandType> = (
  draft: Draft,
  command: CommandOf<Type>,
) => Refusal | void

/**
 * The only place that decides: what follows from a command on this slice of the state, as events
 * and effects, or a refusal that says why. Pure: equal arguments give equal decisions.
 */
export function decide(slice: Slice, command: Command, context: DecideContext): Decision {
  return decideAll(slice, command.projectId, [command], context)
}

/**
 * What follows from commands of one project, each on what those before it have changed; a refusal of one
 * refuses all.
 */
export function decideAll(
  slice: Slice,
  projectId: ProjectId,
  commands: readonly Command[],
  context: DecideContext,
): Decision {
  const draft = createDraft(slice, projectId, context)
  for (const command of commands) {
    if (command.type !== 'project.create' && slice.project === null) {
      return { ok: false, refusal: unknownProject(projectId) }
    }
    const decision = decisions[command.type] as (draft: Draft, command: Command) => Refusal | void
    const refusal = decision(draft, command)
    if (refusal !== undefined) return { ok: false, refusal }
  }
  return new Accepted(draft)
}

/** What was drafted; its rows are folded when somebody looks at them. */
class Accepted {
  readonly ok = true
  readonly events: readonly Event[]
  readonly effects: readonly Effect[]
  readonly changes: readonly Change[]
  readonly results: readonly TaskResult[]
  readonly #draft: Draft

  constructor(draft: Draft) {
    this.events = draft.events
    this.effects = draft.effects
    this.changes = draft.changes
    this.results = draft.results
    this.#draft = draft
  }

  get slice(): Slice {
    return this.#draft.slice
  }
}

function unknownProject(projectId: ProjectId): Refusal {
  return {
    code: 'not-found',
    message: `Project "${projectId}" does not exist. List the projects to find its id.`,
  }
}

const decisions: { readonly [Type in CommandType]: Decide<Type> } = {
  ...projectDecisions,
  ...taskDecisions,
  ...batchDecisions,
  ...workDecisions,
  ...attemptDecisions,
  ...sessionDecisions,
}
