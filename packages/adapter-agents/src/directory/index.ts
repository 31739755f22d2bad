export { defaultIgnored, directoryWorkspaces } from './directory-workspaces.ts'
export type { DirectoryWorkspacesOptions } from './directory-workspaces.ts'
