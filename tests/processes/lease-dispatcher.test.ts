import { dispatcherSuite } from '@cueline/core/testing'
import { afterEach, describe, it } from 'vitest'
import { openStorage, type Place, sqlitePlace } from '../faults/place.ts'
import { leaseDispatcher } from './lease-dispatcher.ts'

const places: Place[] = []
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  for (const place of places.splice(0)) await place.remove()
})

describe('a dispatcher over the rows of one SQLite file [X-14]', () => {
  dispatcherSuite(
    { describe, it, fails: it.fails },
    {
      async create() {
        const place = await sqlitePlace()
        places.push(place)
        const mine = await openStorage(place.address)
        const other = await openStorage(place.address)
        closing.push(
          () => mine.close(),
          () => other.close(),
        )
        return await leaseDispatcher(mine, other)
      },
    },
  )
})
