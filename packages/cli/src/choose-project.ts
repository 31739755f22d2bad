import { type Cueline, CuelineError, printableText, type Project } from '@cueline/core'

/** The project that was named, or the only one there is. */
export async function chooseProject(cueline: Cueline, named: string | undefined): Promise<Project> {
  const projects = await cueline.projects.list({})
  if (named !== undefined) {
    const found = projects.filter((project) => project.id === named || project.name === named)
    const [first] = found
    if (first !== undefined && found.length === 1) return first
    if (found.length > 1) {
      throw new CuelineError(
        'invalid-input',
        `${found.length} projects are called "${named}". Name one by its id: ${found.map((project) => project.id).join(', ')}.`,
      )
    }
    throw new CuelineError(
      'not-found',
      `There is no project "${named}". ${projects.length === 0 ? 'Import a plan first: cueline import plan.md.' : `There is ${names(projects)}.`}`,
    )
  }
  const [only] = projects
  if (only !== undefined && projects.length === 1) return only
  throw new CuelineError(
    only === undefined ? 'not-found' : 'invalid-input',
    only === undefined
      ? 'The database has no project yet. Import a plan first: cueline import plan.md.'
      : `The database has ${projects.length} projects: ${names(projects)}. Say which with --project.`,
  )
}

/** With the id where the name alone says nothing. */
function names(projects: readonly Project[]): string {
  const counts = new Map<string, number>()
  for (const { name } of projects) counts.set(name, (counts.get(name) ?? 0) + 1)
  const shown = projects.slice(0, 10).map(({ id, name }) => {
    const quoted = `"${printableText(name)}"`
    return counts.get(name) === 1 ? quoted : `${quoted} (${id})`
  })
  return `${shown.join(', ')}${projects.length > 10 ? ` and ${projects.length - 10} more` : ''}`
}
