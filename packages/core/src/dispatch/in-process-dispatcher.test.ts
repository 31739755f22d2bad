import { describe, it } from 'vitest'
import { dispatcherSuite } from '../testing/dispatcher-suite.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { inProcessDispatcher } from './in-process-dispatcher.ts'

describe('the in-process dispatcher [X-14]', () => {
  const { settle } = manualClock()
  dispatcherSuite(
    { describe, it, fails: it.fails },
    { create: () => ({ dispatcher: inProcessDispatcher(), delivered: settle }) },
  )
})
