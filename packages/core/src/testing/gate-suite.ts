import type { Gate, GateSubject } from '../gate/gate.ts'
import { allPass, runGates } from '../gate/run-gates.ts'
import { check, equal } from './check.ts'
import {
  registerContract,
  settled,
  within,
  type ContractCase,
  type KnownGaps,
  type TestFramework,
} from './contract.ts'

/** What the gate finds: good work, bad work, or that it cannot judge - or it never ends. */
export type GateBehaviour = 'passes' | 'fails' | 'cannot-judge' | 'never-ends' | 'prints-a-lot'

export interface GateSuiteSubject {
  readonly create: (behaviour: GateBehaviour) => Promise<Gate> | Gate
  /** What is judged. */
  readonly subject: GateSubject
  /** Resolves when a gate that never ends is under way; at once when absent. */
  readonly underWay?: () => Promise<void>
  /** How much of what gates have started is still there, such as processes. */
  readonly leftovers?: () => Promise<number>
}

export interface GateSuiteOptions {
  readonly create: () => Promise<GateSuiteSubject> | GateSuiteSubject
  readonly destroy?: (subject: GateSuiteSubject) => Promise<void> | void
  readonly knownGaps?: KnownGaps
}

/** The contract of gates. */
export function gateSuite(framework: TestFramework, options: GateSuiteOptions): void {
  registerContract(framework, { name: 'gate', cases, ...options })
}

const patienceMs = 15_000
const never = new AbortController().signal

async function verdictOf(suite: GateSuiteSubject, behaviour: GateBehaviour) {
  const gate = await suite.create(behaviour)
  const verdict = await within(patienceMs, gate.judge(suite.subject, never), 'the gate')
  equal(JSON.parse(JSON.stringify(verdict)), verdict, 'the verdict as JSON')
  equal(verdict.gate, gate.name, 'the name in the verdict')
  check(verdict.durationMs >= 0, `durationMs is ${verdict.durationMs}`)
  return verdict
}

const cases: readonly ContractCase<GateSuiteSubject>[] = [
  {
    id: 'gate.passes',
    title: 'good work passes, under the name of the gate',
    async run(suite) {
      const verdict = await verdictOf(suite, 'passes')
      equal([verdict.result, verdict.cause], ['pass', null])
    },
  },
  {
    id: 'gate.fails',
    title: 'bad work fails, with words for people',
    async run(suite) {
      const verdict = await verdictOf(suite, 'fails')
      equal(verdict.result, 'fail')
      check(verdict.summary.trim() !== '', 'the summary is empty')
    },
  },
  {
    id: 'gate.fails-closed',
    title: 'a gate that cannot judge says so, and never passes',
    async run(suite) {
      const gate = await suite.create('cannot-judge')
      const result = await within(patienceMs, settled(gate.judge(suite.subject, never)), 'the gate')
      check('error' in result || result.value.result === 'error', 'it must say error or reject')
      const verdicts = await runGates([gate], suite.subject, never, { now: () => 0 })
      check(!allPass(verdicts), 'a set with a gate that cannot judge must not pass')
    },
  },
  {
    id: 'gate.repeats',
    title: 'the same work judged twice gets the same result',
    async run(suite) {
      for (const [behaviour, result] of [
        ['passes', 'pass'],
        ['fails', 'fail'],
      ] as const) {
        const gate = await suite.create(behaviour)
        equal((await gate.judge(suite.subject, never)).result, result)
        equal((await gate.judge(suite.subject, never)).result, result)
      }
    },
  },
  {
    id: 'gate.bounded',
    title: 'evidence is bounded, whatever is printed',
    async run(suite) {
      const { evidence } = await verdictOf(suite, 'prints-a-lot')
      check(evidence.length > 0, 'the evidence is empty')
      check(evidence.length <= 65_536, `the evidence has ${evidence.length} characters`)
    },
  },
  {
    id: 'gate.abort',
    title: 'an abort ends a gate that would never end, and everything it has started',
    async run(suite) {
      const gate = await suite.create('never-ends')
      const controller = new AbortController()
      const judging = settled(gate.judge(suite.subject, controller.signal))
      await within(patienceMs, suite.underWay?.() ?? Promise.resolve(), 'the start of the gate')
      controller.abort(new Error('cancelled by the suite'))
      const result = await within(patienceMs, judging, 'the aborted gate')
      check('error' in result || result.value.result !== 'pass', 'it must not pass')
      if (suite.leftovers !== undefined) equal(await suite.leftovers(), 0, 'what is left running')
    },
  },
  {
    id: 'gate.aborted-before',
    title: 'a gate that is aborted before it begins does not pass',
    async run(suite) {
      const gate = await suite.create('passes')
      const judging = gate.judge(suite.subject, AbortSignal.abort())
      const result = await within(patienceMs, settled(judging), 'the gate')
      check('error' in result || result.value.result !== 'pass', 'it must not pass')
    },
  },
]
