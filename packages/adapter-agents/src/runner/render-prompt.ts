import type { AttemptBrief, TaskContext } from '@cueline/core'

/**
 * The brief as one readable text that needs nothing else: what to do, why, how it will be judged,
 * what went wrong before and what people have answered. The same brief gives the same text.
 */
export function renderPrompt(brief: AttemptBrief): string {
  const { task } = brief
  const { context } = task
  const sections = [
    `# ${oneLine(task.title)} (${oneLine(task.code)})`,
    facts(brief),
    section('What to do', task.description),
    section('Project background', context?.projectBackground),
    section('Architecture', context?.architecture),
    section('Guidance', context?.guidance),
    tests(context),
    section('Acceptance criteria', list(context?.acceptanceCriteria ?? [])),
    section('Files you are expected to touch', list(task.touches.map(code))),
    gates(context),
    review(brief),
    feedback(brief),
    overlaps(brief),
    answers(brief),
    howToReport,
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

const howToReport = `## How to report

Work in the current folder only. When you are done, write JSON to the file that the environment
variable CUELINE_RESULT names, and exit with 0:

- \`{ "status": "completed", "summary": "what you did" }\`
- \`{ "status": "waiting", "ask": { "text": "your question", "kind": "question" } }\` when a person
  has to decide something; with \`"kind": "choice"\` and \`"options": [...]\` to choose from. You are
  started again with the answer.
- \`{ "status": "yielded", "summary": "why you stop here" }\` to be continued later
- \`{ "status": "failed", "message": "what is in the way" }\`

A line \`{"cueline":{"progress":"..."}}\` on standard output tells people what you are doing.`

function facts({ task, number }: AttemptBrief): string {
  const lines = [`- Type: ${task.type}`, `- Priority: ${task.priority}`]
  if (task.estimateMinutes !== null) lines.push(`- Estimate: ${task.estimateMinutes} minutes`)
  if (number > 1) lines.push(`- This is attempt ${number}`)
  return lines.join('\n')
}

function tests(context: TaskContext | null): string {
  const cases = context?.tdd.cases ?? []
  if (cases.length === 0) return ''
  const coverage = context?.tdd.coverage
  return section(
    'Tests first',
    [
      'Write these tests, see each of them fail, then write the code that makes them pass, then tidy up.',
      list(
        cases.map(
          (each) => `${each.name}\n  - Given: ${each.given}\n  - Expected: ${each.expected}`,
        ),
      ),
      ...(coverage === undefined ? [] : [`Wanted line coverage: ${coverage} %.`]),
    ].join('\n\n'),
  )
}

function gates(context: TaskContext | null): string {
  const all = context?.gates ?? []
  if (all.length === 0) return ''
  return section(
    'How it will be judged',
    `Each of these commands must exit with 0 in your folder:\n\n${list(
      all.map((gate) => `${oneLine(gate.name)}: ${code(gate.command.join(' '))}`),
    )}`,
  )
}

function review({ role }: AttemptBrief): string {
  if (role === 'owner') return ''
  return section(
    'You review this task',
    'Others have done this work more than once, and each time it did not go together with what had landed meanwhile: see below what contradicts what, or which gates are red on both together. Start from the result as it is now, find out what each side wants, and bring the work in so that both hold. If they cannot both hold, ask a person.',
  )
}

function feedback(brief: AttemptBrief): string {
  return section(
    'What went wrong before',
    brief.feedback
      .map((each) => {
        const evidence = each.evidence.trim() === '' ? '' : `\n\n${fenced(each.evidence)}`
        return `Attempt ${each.attempt} (${each.class}): ${each.message}${evidence}`
      })
      .join('\n\n'),
  )
}

function overlaps({ overlaps: seen = [] }: AttemptBrief): string {
  return section(
    'Where to be careful',
    seen.length === 0
      ? ''
      : `Others change the same lines as an earlier attempt of this task did. Keep your changes there small:\n\n${list(
          seen.map(
            ({ task, message }) =>
              `${oneLine(message)} (${task === null ? 'finished work' : `task ${oneLine(task)}`})`,
          ),
        )}`,
  )
}

function answers(brief: AttemptBrief): string {
  return section(
    'Answers to your questions',
    brief.answers.map((each) => `**${oneLine(each.question)}**\n\n${each.answer}`).join('\n\n'),
  )
}

function section(title: string, text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : `## ${title}\n\n${text.trim()}`
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function code(text: string): string {
  const fence = fenceFor(text, '`')
  return fence === '`' ? `\`${text}\`` : `${fence} ${text} ${fence}`
}

function fenced(text: string): string {
  const fence = fenceFor(text, '```')
  return `${fence}\n${text.trimEnd()}\n${fence}`
}

/** Longer than any run of backticks inside, so that the text cannot end its own block. */
function fenceFor(text: string, least: string): string {
  let longest = 0
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  return '`'.repeat(Math.max(least.length, longest + 1))
}
