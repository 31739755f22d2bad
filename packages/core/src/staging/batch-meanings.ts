import type { EventType } from '../event/event.ts'
import type { Meaning } from './meaning.ts'
import { batch } from './row-changes.ts'

type BatchEvent = Extract<EventType, `batch.${string}` | `batches.${string}`>

/** What events of batches mean for the rows. */
export const batchMeanings: { readonly [Type in BatchEvent]: Meaning<Type> } = {
  'batch.created': (_, { batch: row }) => [{ table: 'batch', kind: 'insert', row }],
  'batch.updated': (_, { batchId, set }) => [batch(batchId, set)],
  'batch.deleted': (_, { batchId }) => [{ table: 'batch', kind: 'delete', key: batchId }],
  'batches.reordered': (_, { order }) => order.map(({ id, order }) => batch(id, { order })),
  'batch.promoted': (_, { batchId, generation, openLayer, at }) => [
    batch(batchId, {
      promotedAt: at,
      generation,
      openLayer,
      stuckSince: null,
      stuckReason: null,
      stuckCount: 0,
    }),
  ],
  'batch.layer-opened': (_, { batchId, openLayer }) => [batch(batchId, { openLayer })],
  'batch.paused': (_, { batchId, at }) => [batch(batchId, { pausedAt: at })],
  'batch.resumed': (_, { batchId }) => [batch(batchId, { pausedAt: null })],
  'batch.stuck': (slice, { batchId, reason, at }) => [
    batch(batchId, {
      stuckSince: at,
      stuckReason: reason,
      stuckCount: (slice.batches.get(batchId)?.stuckCount ?? 0) + 1,
    }),
  ],
  'batch.unstuck': (_, { batchId }) => [batch(batchId, { stuckSince: null, stuckReason: null })],
}
