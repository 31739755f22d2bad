import { CuelineError } from '../error.ts'
import type { Delivered, DeliveryProvider, DeliveryRequest } from './delivery.ts'

export interface MemoryDeliveries extends DeliveryProvider {
  /** What is offered, by id. */
  readonly offered: ReadonlyMap<string, DeliveryRequest>
  /** What people and their checks do with it. */
  change(id: string, set: Partial<Pick<Delivered, 'state' | 'checks'>>): void
}

/** Deliveries that go nowhere, for tests and as an example. */
export function memoryDeliveries(): MemoryDeliveries {
  const offered = new Map<string, DeliveryRequest>()
  const byKey = new Map<string, Delivered>()
  const find = (id: string): readonly [string, Delivered] => {
    for (const [key, delivered] of byKey) if (delivered.id === id) return [key, delivered]
    throw new CuelineError('not-found', `There is no delivery "${id}".`, { details: { id } })
  }
  return {
    name: 'memory',
    offered,
    change(id, set) {
      const [key, delivered] = find(id)
      byKey.set(key, { ...delivered, ...set })
    },
    async deliver(request, signal) {
      signal.throwIfAborted()
      const known = byKey.get(request.key)
      if (known !== undefined && known.state !== 'open') return known
      const id = String(byKey.size + 1)
      const url = `memory://deliveries/${id}`
      const delivered = known ?? { id, url, state: 'open', checks: 'none' }
      byKey.set(request.key, delivered)
      offered.set(delivered.id, request)
      return delivered
    },
    async status(id, signal) {
      signal.throwIfAborted()
      return find(id)[1]
    },
    async close() {},
  }
}
