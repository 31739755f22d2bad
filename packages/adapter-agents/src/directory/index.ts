export { directoryWorkspaces } from './directory-workspaces.ts'
export { defaultIgnored } from './place.ts'
export type { DirectoryWorkspacesOptions } from './place.ts'
