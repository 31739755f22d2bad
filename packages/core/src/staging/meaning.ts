import type { EventOf, EventType } from '../event/event.ts'
import type { Change, Slice } from './slice.ts'

/** The row changes that an event stands for, given the rows it touches. */
export type Meaning<Type extends EventType> = (
  slice: Slice,
  event: EventOf<Type>,
) => readonly Change[]
