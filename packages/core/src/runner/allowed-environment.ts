/** Variables that a command inherits when nobody says otherwise; no secret is among them. */
export const defaultInheritedEnvironment: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TERM',
  'TMPDIR',
]

/** The allowed part of `from`, such as `process.env`, with `added` on top. */
export function allowedEnvironment(
  inherited: readonly string[],
  added: Readonly<Record<string, string>>,
  from: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const entries: [string, string][] = []
  for (const name of inherited) {
    const value = from[name]
    if (value !== undefined) entries.push([name, value])
  }
  // A plain object, but a fresh one whose keys come from the host's own options.
  return Object.fromEntries([...entries, ...Object.entries(added)])
}
