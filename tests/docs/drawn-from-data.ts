import { drawTransitions, errorPolicies } from '@cueline/core'

/** What docs/concepts.md shows of the tables that the code itself uses, by the name of its markers. */
export function drawnFromData(): Readonly<Record<string, string>> {
  const { task, workOrder, attempt, session, workspace } = drawTransitions()
  return {
    'transitions:task': diagram(task),
    'transitions:workOrder': diagram(workOrder),
    'transitions:attempt': diagram(attempt),
    'transitions:session': diagram(session),
    'transitions:workspace': diagram(workspace),
    'error-policies': policies(),
  }
}

function diagram(mermaid: string): string {
  return `\`\`\`mermaid\n${mermaid.trimEnd()}\n\`\`\``
}

const consequences = {
  retry: 'the task is tried again, with the feedback',
  'hold-account': 'the account is held; its tasks wait',
  ask: 'a person is asked',
  stop: 'the task fails',
} as const

function policies(): string {
  const rows = Object.entries(errorPolicies).map(
    ([name, { then, charged, backOff }]) =>
      `| \`${name}\` | ${consequences[then]}${backOff ? ', after a back-off' : ''} | ${charged ? 'yes' : 'no'} |`,
  )
  return ['| class | what follows | charged |', '|---|---|---|', ...rows].join('\n')
}

/** The page with everything between the markers replaced. */
export function drawInto(page: string): string {
  let drawn = page
  for (const [name, content] of Object.entries(drawnFromData())) {
    const begin = `<!-- ${name} -->`
    const end = `<!-- /${name} -->`
    const from = drawn.indexOf(begin)
    const to = drawn.indexOf(end)
    if (from < 0 || to < from) throw new Error(`The page has no markers for ${name}.`)
    drawn = `${drawn.slice(0, from + begin.length)}\n${content}\n${drawn.slice(to)}`
  }
  return drawn
}
