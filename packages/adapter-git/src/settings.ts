import { askGit } from './run-git.ts'

/** What of the user's settings counts in Cueline's own commands. */
export interface GitSettings {
  /** Arguments for every command about contents. */
  readonly arguments: readonly string[]
  readonly author: { readonly name: string; readonly email: string }
  /** The user signs commits, so Cueline's are signed too. */
  readonly signs: boolean
}

/** How contents are stored; harmless whoever has written it. */
const ofContents =
  /^core\.(autocrlf|eol|filemode|ignorecase|symlinks|precomposeunicode|longpaths|bigfilethreshold)$/
/** These name programs and files: they count only where an agent does not write. */
const ofTheUser = /^(core\.excludesfile|gpg\..+|user\.signingkey|commit\.gpgsign)$/
const notTheUser = new Set(['local', 'worktree'])

/** Reads once, on opening, what the user has set; settings that run programs only from outside the repository. */
export async function readSettings(top: string): Promise<GitSettings> {
  const pattern = '^(core|user|gpg|commit)\\.'
  const { stdout } = await askGit(['config', '-z', '--show-scope', '--get-regexp', pattern], {
    cwd: top,
    answers: [1],
  })
  const found = new Map<string, string>()
  const parts = stdout.split('\0')
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const scope = parts[at] as string
    const entry = parts[at + 1] as string
    const end = entry.indexOf('\n')
    const key = (end === -1 ? entry : entry.slice(0, end)).toLowerCase()
    if (ofTheUser.test(key) && notTheUser.has(scope)) continue
    // A key without a value is true.
    found.set(key, end === -1 ? 'true' : entry.slice(end + 1))
  }
  const passed = [...found].filter(([key]) => ofContents.test(key) || ofTheUser.test(key))
  return {
    arguments: passed.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    author: {
      name: found.get('user.name') ?? 'Cueline',
      email: found.get('user.email') ?? 'cueline@localhost',
    },
    signs: /^(true|yes|on|1)$/i.test(found.get('commit.gpgsign') ?? ''),
  }
}
