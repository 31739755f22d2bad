import { inProcessDispatcher, type ProjectId } from '@cueline/core'
import { type DispatcherSubject, exampleProject } from '@cueline/core/testing'
import type { SharedStorage } from '../faults/place.ts'

const projectId = 'p' as ProjectId
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * A dispatcher over the rows of a storage: whatever one process writes, here through `other`, wakes
 * the consumers of another, here those of `mine`. Nothing else goes between the two.
 */
export async function leaseDispatcher(
  mine: SharedStorage,
  other: SharedStorage,
): Promise<DispatcherSubject> {
  const { subscribe } = mine
  const dispatcher = inProcessDispatcher({ news: subscribe })
  await other.transaction((transaction) =>
    transaction.write(
      projectId,
      [{ table: 'project', kind: 'insert', row: exampleProject(projectId) }],
      [],
      'other process',
    ),
  )
  // The news may come before the reply to the commit that it tells of.
  let arrived: Promise<unknown> = Promise.resolve()
  return {
    dispatcher: {
      ...dispatcher,
      async dispatch() {
        const heard = new Promise<void>((resolve) => {
          const unsubscribe = subscribe(() => {
            unsubscribe()
            resolve()
          })
        })
        const written = other.transaction((transaction) =>
          transaction.write(
            projectId,
            [],
            [{ at: 0, type: 'project.resumed', projectId }],
            'other process',
          ),
        )
        arrived = Promise.all([heard, written])
        await written
      },
    },
    async delivered() {
      // A turn before, for a dispatch that is about to begin, and one after for what follows.
      await turn()
      await arrived
      await turn()
    },
  }
}
