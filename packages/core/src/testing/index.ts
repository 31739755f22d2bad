export { exampleBrief, recordedContext } from './example-brief.ts'
export type { ContractCase, KnownGaps, TestFramework } from './contract.ts'
export { workspaceSuite } from './workspace-suite.ts'
export type { WorkspaceSubject, WorkspaceSuiteOptions } from './workspace-suite.ts'
