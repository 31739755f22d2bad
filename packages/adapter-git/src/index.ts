export { gitWorkspaces, type GitWorkspacesOptions } from './git-workspaces.ts'
