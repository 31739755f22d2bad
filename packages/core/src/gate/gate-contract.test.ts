import { describe, it } from 'vitest'

import { exampleBrief } from '../testing/example-brief.ts'
import { gateSuite, type GateBehaviour } from '../testing/gate-suite.ts'
import type { Gate } from './gate.ts'

/** The least that a gate has to be. */
function plainGate(behaviour: GateBehaviour): Gate {
  return {
    name: 'plain',
    async judge(_subject, signal) {
      signal.throwIfAborted()
      if (behaviour === 'cannot-judge') throw new Error('the tool is broken')
      if (behaviour === 'never-ends') {
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
      }
      const fails = behaviour === 'fails'
      return {
        gate: 'plain',
        result: fails ? 'fail' : 'pass',
        summary: fails ? 'it is wrong' : 'it is right',
        durationMs: 0,
        cause: fails ? 'code' : null,
        evidence: behaviour === 'prints-a-lot' ? 'x'.repeat(1000) : '',
      }
    },
  }
}

describe('a plain gate [X-14]', () => {
  gateSuite(
    { describe, it, fails: it.fails },
    { create: () => ({ create: plainGate, subject: { attempt: exampleBrief() } }) },
  )
})
