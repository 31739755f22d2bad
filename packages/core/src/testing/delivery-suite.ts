import type { Delivered, DeliveryProvider, DeliveryRequest } from '../delivery/delivery.ts'
import { check, equal } from './check.ts'
import {
  registerContract,
  settled,
  type ContractCase,
  type KnownGaps,
  type TestFramework,
} from './contract.ts'

export interface DeliverySubject {
  readonly provider: DeliveryProvider
  /** Commits that can be delivered to the base branch, each later one containing the former. */
  readonly commits: readonly [string, string]
  readonly base: string
  /** What is offered under an id; null when nothing is. */
  offered(id: string): Promise<Pick<DeliveryRequest, 'commit' | 'title' | 'body'> | null>
  /** How many deliveries there are. */
  count(): Promise<number>
  /** The commit that the base branch is at. */
  baseCommit(): Promise<string>
  /** Has people and their checks do something with it. */
  change(id: string, set: Partial<Pick<Delivered, 'state' | 'checks'>>): Promise<void> | void
}

export interface DeliverySuiteOptions {
  /** A place where nothing has been delivered yet. */
  readonly create: () => Promise<DeliverySubject> | DeliverySubject
  readonly destroy?: (subject: DeliverySubject) => Promise<void> | void
  readonly knownGaps?: KnownGaps
}

/** The contract of deliveries. */
export function deliverySuite(framework: TestFramework, options: DeliverySuiteOptions): void {
  registerContract(framework, { name: 'delivery', cases, ...options })
}

const never = new AbortController().signal

function requestOf(
  { commits, base }: DeliverySubject,
  set: Partial<DeliveryRequest> = {},
): DeliveryRequest {
  return {
    key: 'greenhouse-1',
    branch: 'cueline/deliver/greenhouse-1',
    commit: commits[0],
    base,
    title: 'Greenhouse: 3 tasks',
    body: '# Greenhouse\n\n- T1 done\n',
    ...set,
  }
}

const cases: readonly ContractCase<DeliverySubject>[] = [
  {
    id: 'delivery.offers',
    title: 'a delivery is open, has a place to look at, and offers the commit with title and body',
    async run(subject) {
      const request = requestOf(subject)
      const delivered = await subject.provider.deliver(request, never)
      equal(delivered.state, 'open')
      check(delivered.url !== '', 'the url is empty')
      const { commit, title, body } = request
      equal(await subject.offered(delivered.id), { commit, title, body })
    },
  },
  {
    id: 'delivery.leaves-base',
    title: 'the base branch stays where it is',
    async run(subject) {
      const before = await subject.baseCommit()
      await subject.provider.deliver(requestOf(subject), never)
      equal(await subject.baseCommit(), before)
    },
  },
  {
    id: 'delivery.idempotent',
    title: 'the same key twice is one delivery',
    async run(subject) {
      const first = await subject.provider.deliver(requestOf(subject), never)
      equal(await subject.provider.deliver(requestOf(subject), never), first)
      equal(await subject.count(), 1)
    },
  },
  {
    id: 'delivery.updates',
    title: 'the same key with a later commit brings the delivery up to date',
    async run(subject) {
      const first = await subject.provider.deliver(requestOf(subject), never)
      const later = { commit: subject.commits[1], title: 'Greenhouse: 4 tasks', body: 'More.\n' }
      const second = await subject.provider.deliver(requestOf(subject, later), never)
      equal(second.id, first.id)
      equal(await subject.offered(first.id), later)
      equal(await subject.count(), 1)
    },
  },
  {
    id: 'delivery.another-key',
    title: 'another key is another delivery',
    async run(subject) {
      const first = await subject.provider.deliver(requestOf(subject), never)
      const other = { key: 'orchard-1', branch: 'cueline/deliver/orchard-1' }
      const second = await subject.provider.deliver(requestOf(subject, other), never)
      check(second.id !== first.id, 'two keys share a delivery')
      equal(await subject.count(), 2)
    },
  },
  {
    id: 'delivery.status',
    title: 'the status tells what people and checks have made of it',
    async run(subject) {
      const { id, url } = await subject.provider.deliver(requestOf(subject), never)
      equal((await subject.provider.status(id, never)).url, url)
      for (const checks of ['pending', 'failing', 'passing'] as const) {
        await subject.change(id, { checks })
        equal((await subject.provider.status(id, never)).checks, checks)
      }
      await subject.change(id, { state: 'merged' })
      equal((await subject.provider.status(id, never)).state, 'merged')
    },
  },
  {
    id: 'delivery.settled',
    title: 'one that was closed or merged is told as that, and not offered again',
    async run(subject) {
      const { id } = await subject.provider.deliver(requestOf(subject), never)
      await subject.change(id, { state: 'closed' })
      const again = await subject.provider.deliver(
        requestOf(subject, { commit: subject.commits[1] }),
        never,
      )
      equal(again.state, 'closed')
      equal(again.id, id)
      equal(await subject.count(), 1)
    },
  },
  {
    id: 'delivery.unknown',
    title: 'an id that was never given is an error',
    async run(subject) {
      const outcome = await settled(subject.provider.status('404404', never))
      check('error' in outcome, 'an unknown delivery has a status')
    },
  },
  {
    id: 'delivery.aborted',
    title: 'a signal that is aborted stops before anything is offered',
    async run(subject) {
      const outcome = await settled(
        subject.provider.deliver(requestOf(subject), AbortSignal.abort()),
      )
      check('error' in outcome, 'an aborted delivery came to an end')
      equal(await subject.count(), 0)
    },
  },
]
