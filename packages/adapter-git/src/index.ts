export {
  commandPullRequests,
  type CommandPullRequestsOptions,
} from './delivery/command-pull-requests.ts'
export { type GitChange, gitFiles, gitHistory, type GitHistoryOptions } from './git-history.ts'
export { gitWorkspaces, type GitWorkspacesOptions } from './git-workspaces.ts'
export type { WorkspaceSetup } from './workspace-setup.ts'
