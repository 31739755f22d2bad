import { dispatcherSuite } from '@cueline/core/testing'
import { afterEach, describe, inject, it } from 'vitest'
import { openStorage, type Place, postgresPlaces } from '../faults/place.ts'
import { leaseDispatcher } from '../processes/lease-dispatcher.ts'

const places: Place[] = []
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  for (const place of places.splice(0)) await place.remove()
})

describe('a dispatcher over the rows of one Postgres database [X-14]', () => {
  dispatcherSuite(
    { describe, it, fails: it.fails },
    {
      async create() {
        const place = await postgresPlaces(inject('postgresUrl'))()
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
