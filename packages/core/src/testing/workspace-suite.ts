import type { TrialMerge, Workspace, WorkspaceProvider } from '../workspace/workspace.ts'
import {
  registerContract,
  type ContractCase,
  type KnownGaps,
  type TestFramework,
} from './contract.ts'
import { workspaceBaseCases } from './workspace-base-cases.ts'
import { workspaceKeepingCases } from './workspace-keeping-cases.ts'
import { workspaceLandingCases } from './workspace-landing-cases.ts'
import { workspaceTrialCases } from './workspace-trial-cases.ts'

/** A provider over a result that holds nothing yet, and hands to look into it. */
export interface WorkspaceSubject {
  readonly provider: WorkspaceProvider
  /** The same result as a new process finds it, while `provider` is still open. */
  readonly reopen: () => Promise<WorkspaceProvider>
  /** Writes a file of a workspace, as an agent does; null deletes it. */
  readonly write: (workspace: Workspace, path: string, content: string | null) => Promise<void>
  readonly read: (workspace: Workspace, path: string) => Promise<string | null>
  /** What gates see of a successful trial. */
  readonly readMerged: (trial: TrialMerge, path: string) => Promise<string | null>
  readonly readResult: (path: string) => Promise<string | null>
  /** A file among what `remove` kept under this name. */
  readonly readSalvaged: (salvaged: string, path: string) => Promise<string | null>
}

export interface WorkspaceSuiteOptions {
  readonly create: () => Promise<WorkspaceSubject> | WorkspaceSubject
  readonly destroy?: (subject: WorkspaceSubject) => Promise<void> | void
  readonly knownGaps?: KnownGaps
}

/** The contract of workspaces that merge. */
export function workspaceSuite(framework: TestFramework, options: WorkspaceSuiteOptions): void {
  registerContract(framework, { name: 'workspace', cases, ...options })
}

const cases: readonly ContractCase<WorkspaceSubject>[] = [
  ...workspaceLandingCases,
  ...workspaceBaseCases,
  ...workspaceTrialCases,
  ...workspaceKeepingCases,
]
