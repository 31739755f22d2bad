import { CuelineError, printableText } from '@cueline/core'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { listRequests, type RequestView } from '../request-view.ts'
import { isMeant } from '../short-id.ts'
import type { Terminal } from '../terminal.ts'
import { writeJson } from '../write-json.ts'

/** `cueline answer`: answers what an agent asked; a run in another process goes on with it. */
export function addAnswer(program: Command, { terminal, run }: Cli): void {
  program
    .command('answer')
    .summary('answer what an agent asks')
    .description(
      'Answers a question, choice or approval. The first answer counts; the agent goes on with it, ' +
        'now or when the next run starts.',
    )
    .argument('<request>', 'id of the request, its start, or the code of the task that asks')
    .argument('<text...>', 'the answer; for a choice one of its options')
    .addHelpText(
      'after',
      `
Examples:
  cueline answer T7 "Use UTC everywhere"
  cueline answer request_2f1c yes`,
    )
    .action((request: string, text: string[], _: unknown, command: Command) =>
      run(command, (options) => answer(terminal, request, text.join(' '), options)),
    )
}

async function answer(
  terminal: Terminal,
  reference: string,
  text: string,
  options: GlobalOptions,
): Promise<number> {
  return withCueline(terminal, options, {}, async (cueline) => {
    const { id: projectId } = await chooseProject(cueline, options.project)
    const request = chooseRequest(await listRequests(cueline, projectId), reference)
    await cueline.requests.answer({ requestId: request.id, answer: text, by: actorOf(terminal) })
    if (options.json) writeJson(terminal, { request: request.id, task: request.task, answer: text })
    else terminal.out(`Answered ${printableText(request.task)}: ${printableText(text)}\n`)
    return exitCodes.ok
  })
}

function chooseRequest(requests: readonly RequestView[], reference: string): RequestView {
  const exact = requests.find(({ id }) => id === reference)
  if (exact !== undefined) return exact
  const open = requests.filter(({ status }) => status === 'open')
  const found = open.filter(({ id, task }) => task === reference || isMeant(id, reference))
  const [first] = found
  if (first !== undefined && found.length === 1) return first
  if (found.length > 1) {
    throw new CuelineError(
      'invalid-input',
      `${found.length} open requests fit "${reference}": ${found.map(({ id }) => id).join(', ')}. Name one by its id.`,
    )
  }
  throw new CuelineError(
    'not-found',
    open.length === 0
      ? `No request "${reference}" is open, and nobody waits for an answer. See: cueline requests --all.`
      : `No open request fits "${reference}". Open: ${open.map(({ id, task }) => `${id} (${task})`).join(', ')}.`,
  )
}
