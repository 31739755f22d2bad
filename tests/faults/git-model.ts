/** Files by their path. */
export type Files = ReadonlyMap<string, string>

const fillers = 30

/** What a repository of random agents starts with. */
export function firstFiles(): Files {
  const lines = Array.from({ length: fillers }, (_none, line) => `# ${line}\n`)
  return new Map([['list.txt', lines.join('')]])
}

/**
 * The tests of that repository, so to speak: each part is in the list once, nothing else is, and no two
 * parts have one name - which two agents can bring about although git merges their work.
 */
export function redIn(files: Files): string[] {
  const problems: string[] = []
  const names = new Map<string, string>()
  const parts = [...files].filter(([path]) => path.startsWith('parts/'))
  for (const [path, name] of parts) {
    const other = names.get(name)
    if (other !== undefined) problems.push(`${path} and ${other} have the name ${name.trim()}.`)
    names.set(name, path)
  }
  const listed = (files.get('list.txt') ?? '').split('\n').filter((line) => /^[^#]/.test(line))
  const wanted = parts.map(([path]) => path.slice('parts/'.length, -'.txt'.length))
  if (listed.toSorted().join() !== wanted.toSorted().join()) {
    problems.push(`The list has ${listed.join()}, and there are ${wanted.join()}.`)
  }
  return problems
}
