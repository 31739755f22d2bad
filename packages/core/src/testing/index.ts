export { exampleBrief, recordedContext } from './example-brief.ts'
export type { ContractCase, KnownGaps, TestFramework } from './contract.ts'
export { workspaceSuite } from './workspace-suite.ts'
export type { WorkspaceSubject, WorkspaceSuiteOptions } from './workspace-suite.ts'
export { countingIds } from './counting-ids.ts'
export { dispatcherSuite } from './dispatcher-suite.ts'
export type { DispatcherSubject, DispatcherSuiteOptions } from './dispatcher-suite.ts'
export { manualClock } from './manual-clock.ts'
export type { ManualClock } from './manual-clock.ts'
export { tinyWorld } from './tiny-world.ts'
export type { TinyWorld, TinyWorldOptions } from './tiny-world.ts'
export { seededRandom } from './seeded-random.ts'
export { storageSuite } from './storage-suite.ts'
export type { StorageSubject, StorageSuiteOptions } from './storage-suite.ts'
export { deliverySuite } from './delivery-suite.ts'
export type { DeliverySubject, DeliverySuiteOptions } from './delivery-suite.ts'
export { gateSuite } from './gate-suite.ts'
export type { GateBehaviour, GateSuiteOptions, GateSuiteSubject } from './gate-suite.ts'
export { runnerSuite } from './runner-suite.ts'
export type { RunnerBehaviour, RunnerSubject, RunnerSuiteOptions } from './runner-suite.ts'
export { trackerSuite } from './tracker-suite.ts'
export type { TrackerSuiteOptions } from './tracker-suite.ts'
export {
  exampleAttempt,
  exampleBatch,
  exampleDependency,
  exampleEvent,
  exampleProject,
  exampleRequest,
  exampleSession,
  exampleTask,
  exampleWorker,
  exampleWorkOrder,
} from './example-rows.ts'
