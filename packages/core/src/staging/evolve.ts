import type { Event, EventType } from '../event/event.ts'
import {
  applyChanges,
  copySlice,
  type MutableSlice,
  type OwnMaps,
  workingCopy,
} from './apply-changes.ts'
import { attemptMeanings } from './attempt-meanings.ts'
import { batchMeanings } from './batch-meanings.ts'
import type { Meaning } from './meaning.ts'
import { projectMeanings } from './project-meanings.ts'
import { sessionMeanings } from './session-meanings.ts'
import { type Change, emptySlice, type Slice } from './slice.ts'
import { taskMeanings } from './task-meanings.ts'

/** The slice after the event. Folding `evolve` over the whole log gives the stored state again. */
export function evolve(slice: Slice, event: Event): Slice {
  const next = workingCopy(slice)
  applyEvent(next.slice, event, next.own)
  return next.slice
}

/** The whole state from the log alone. */
export function replay(events: Iterable<Event>): Slice {
  const world = copySlice(emptySlice)
  for (const event of events) applyEvent(world, event)
  return world
}

/** As `evolve`, in place; returns the row changes for the storage. `own` for a working copy. */
export function applyEvent(slice: MutableSlice, event: Event, own?: OwnMaps): readonly Change[] {
  const changes = changesOf(slice, event)
  applyChanges(slice, changes, own)
  return changes
}

/** What an event means for the rows; the `*-meanings` files are the only place that says so. */
export function changesOf(slice: Slice, event: Event): readonly Change[] {
  const meaning = meanings[event.type] as (slice: Slice, event: Event) => readonly Change[]
  return meaning(slice, event)
}

const meanings: { readonly [Type in EventType]: Meaning<Type> } = {
  ...projectMeanings,
  ...taskMeanings,
  ...batchMeanings,
  ...attemptMeanings,
  ...sessionMeanings,
}
