import { basename, extname, resolve } from 'node:path'

import { type Cueline, type DependencySuggestion, printableText, type Project } from '@cueline/core'
import type { ImportResult } from '@cueline/core/formats'
import type { Command } from 'commander'

import { actorOf } from '../actor.ts'
import { chooseProject } from '../choose-project.ts'
import type { Cli, GlobalOptions } from '../cli.ts'
import { exitCodes } from '../exit-code.ts'
import { withCueline } from '../open-cueline.ts'
import { share } from '../option-values.ts'
import { planObject } from '../plan-object.ts'
import { importLines, problemsText } from '../plan-text.ts'
import { readPlan } from '../read-plan.ts'
import type { Terminal } from '../terminal.ts'
import { wrapText } from '../wrap-text.ts'
import { writeJson } from '../write-json.ts'

const mostShown = 12

interface ImportOptions {
  readonly acceptSuggestions?: number
}

/** `cueline import`: makes tasks of a plan, in a project that is made when it is not there. */
export function addImport(program: Command, { terminal, run }: Cli): void {
  program
    .command('import')
    .summary('make the tasks of a plan a project')
    .description(
      'Imports a plan: every task with the context, gates and dependencies that the plan gives it. ' +
        'All of it or nothing; nothing of the input is dropped silently.\n\n' +
        'The project is the one that --project names, else one with the name of the plan; it is made ' +
        'when it is not there.\n\n' +
        'Dependencies that the texts imply ("after T3", "uses the TaskStore that T2 creates") are ' +
        'suggested, each with its evidence, and only taken over with --accept-suggestions.',
    )
    .argument('<file-or-folder>', 'the plan')
    .option(
      '--accept-suggestions <confidence>',
      'dependencies that the texts imply become real from this confidence on, 0 to 1: 0.9',
      share,
    )
    .addHelpText(
      'after',
      `
Examples:
  cueline import plan.md
  cueline import .taskmaster/tasks/tasks.json --project Greenhouse
  cueline import plan.md --accept-suggestions 0.9
  cueline import plan.md --db /tmp/try.db --json`,
    )
    .action((path: string, _: unknown, command: Command) =>
      run<ImportOptions>(command, (options) => importPlan(terminal, path, options)),
    )
}

async function importPlan(
  terminal: Terminal,
  path: string,
  options: ImportOptions & GlobalOptions,
): Promise<number> {
  const imported = await readPlan(path, terminal.cwd)
  return withCueline(terminal, options, { create: true }, async (cueline) => {
    const actor = actorOf(terminal)
    const name = projectName(imported, path, terminal.cwd)
    const { document, report } = imported
    const known = await findProject(cueline, options.project ?? name)
    if (known === undefined) {
      // Else a plan that cannot be imported would leave an empty project behind.
      const { object, plan } = planObject(imported, { workers: 1, barrier: 'none' })
      if (plan === null) {
        if (options.json) writeJson(terminal, { problems: object.problems, importReport: report })
        else terminal.err(problemsText(object.problems, imported, terminal))
        return exitCodes.input
      }
    }
    const project =
      known ?? (await cueline.projects.create({ name: options.project ?? name, actor }))
    const created = known === undefined
    const { tasks, suggestions } = await cueline.tasks.import({
      projectId: project.id,
      document,
      acceptSuggestions: options.acceptSuggestions,
      actor,
    })
    if (options.json) {
      writeJson(terminal, {
        project: { id: project.id, name: project.name },
        created,
        tasks: tasks.length,
        suggestions,
        importReport: report,
      })
      return exitCodes.ok
    }
    const shown = printableText(project.name)
    terminal.out(
      `${[
        `Imported ${tasks.length} tasks into ${created ? 'the new project' : 'project'} "${shown}".`,
        ...importLines(report, terminal),
        ...suggestionLines(suggestions, terminal),
        '',
        'Next: cueline stage, then cueline run --agent "<command>".',
      ].join('\n')}\n`,
    )
    return exitCodes.ok
  })
}

/** What the texts imply: what was taken over, and what was not with how to have it. */
function suggestionLines(
  suggestions: readonly DependencySuggestion[],
  terminal: Terminal,
): string[] {
  const listed = (title: string, edges: readonly DependencySuggestion[]) => {
    if (edges.length === 0) return []
    const more = edges.length - mostShown
    return [
      `  ${title} (${edges.length})`,
      ...edges.slice(0, mostShown).flatMap(({ task, dependsOn, confidence, evidence }) => {
        const line = `${task} after ${dependsOn}: ${evidence} (${Math.round(confidence * 100)} % sure)`
        return wrapText(printableText(line), terminal.columns, '    ')
      }),
      ...(more > 0 ? [`    … and ${more} more; --json shows all`] : []),
    ]
  }
  const open = suggestions.filter(({ accepted }) => !accepted)
  return [
    ...listed(
      'dependencies from the texts',
      suggestions.filter(({ accepted }) => accepted),
    ),
    ...listed('dependencies the texts suggest, not taken over', open),
    ...(open.length === 0 ? [] : ['  To have one: cueline revise --wait <task>:<dependency>']),
  ]
}

async function findProject(cueline: Cueline, wanted: string): Promise<Project | undefined> {
  const projects = await cueline.projects.list({})
  const known = projects.some((project) => project.name === wanted || project.id === wanted)
  return known ? chooseProject(cueline, wanted) : undefined
}

/** What the plan calls itself, else the name of its file or folder. */
function projectName({ document }: ImportResult, path: string, cwd: string): string {
  const own = document.project?.name?.trim()
  if (own !== undefined && own !== '') return own.slice(0, 200)
  const file = basename(resolve(cwd, path))
  return (file.slice(0, file.length - extname(file).length) || file || 'Plan').slice(0, 200)
}
