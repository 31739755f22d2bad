import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { analyzeConflicts, pairSides } from '../conflict/analyze-conflicts.ts'
import { createPredictor } from '../conflict/create-predictor.ts'
import { inferDependencies } from '../conflict/infer-dependencies.ts'
import { predictTouches } from '../conflict/predict-touches.ts'
import { CuelineError } from '../error.ts'
import * as formats from '../formats/index.ts'
import * as graphs from '../graph/index.ts'
import { renderTimeline } from '../report/render-timeline.ts'
import { diffPlans } from './diff-plans.ts'
import { explain } from './explain.ts'
import * as planner from './index.ts'

/** Whatever programs without types may hand over, in places of their own and inside what is right. */
const odd = fc.oneof(
  fc.anything({ maxDepth: 2, withNullPrototype: true, withBigInt: true }),
  fc.constantFrom<unknown>(null, undefined, '', 'abc', 0, -1, NaN, Infinity, [], {}, [null], [{}]),
  fc.constant(Symbol('odd')),
)
const tasks = [
  { id: 'a', title: 'Create the TaskStore class', touches: ['src/a.ts'], estimate: 2 },
  { id: 'b', title: 'Show it', description: 'Uses TaskStore.', dependsOn: ['a'] },
]
const files = ['src/a.ts', 'src/b.ts']
const made = planner.planTasks(tasks, {
  conflicts: [{ tasks: ['a', 'b'] }],
  inferred: [{ task: 'b', dependsOn: 'a', source: 'text', confidence: 1, evidence: 'it says so' }],
})
if (!made.ok) throw new Error(made.problems[0]!.message)
const { plan } = made
const { index } = planner.indexTasks(tasks)
const layers = planner.layersOf(index)
const { durations } = planner.plannedDurations(tasks)

type Call = (what: never) => unknown

/** By published function: every place into which something foreign can come. */
const calls: Readonly<Record<string, readonly Call[]>> = {
  planTasks: [
    (what) => planner.planTasks(what),
    (what) => planner.planTasks([what]),
    (what) => planner.planTasks(tasks, what),
    (what) => planner.planTasks(tasks, { inferred: what }),
    (what) => planner.planTasks(tasks, { inferred: [what] }),
    (what) => planner.planTasks(tasks, { conflicts: [what], allow: [what] }),
    (what) => planner.planTasks(tasks, { conflicts: [{ tasks: what }], rounds: 1 }),
    (what) => planner.planTasks(tasks, { resources: what }),
    (what) =>
      planner.planTasks(tasks, { [typeof what === 'string' ? what : 'worker']: what } as object),
  ],
  analyzeTasks: [(what) => planner.analyzeTasks(what), (what) => planner.analyzeTasks([what])],
  indexTasks: [(what) => planner.indexTasks(what), (what) => planner.indexTasks([what])],
  layersOf: [
    (what) => planner.layersOf(what),
    ...partsReplaced(index, (changed) => planner.layersOf(changed)),
  ],
  idsByLayer: [
    (what) => planner.idsByLayer(what, layers),
    (what) => planner.idsByLayer(index, what),
    ...partsReplaced(index, (changed) => planner.idsByLayer(changed, layers)),
    ...partsReplaced(layers, (changed) => planner.idsByLayer(index, changed)),
  ],
  tails: [
    (what) => planner.tails(what, layers.order, durations),
    (what) => planner.tails(index, what, durations),
    (what) => planner.tails(index, layers.order, what),
    ...partsReplaced(index, (changed) => planner.tails(changed, layers.order, durations)),
  ],
  plannedDurations: [
    (what) => planner.plannedDurations(what),
    (what) => planner.plannedDurations([what]),
    (what) => planner.plannedDurations([{ id: 'a', estimate: what }]),
  ],
  trackTasks: [
    (what) => planner.trackTasks(what),
    (what) => planner.trackTasks(tasks, what),
    (what) => planner.trackTasks(tasks, { done: what }),
    (what) => tracked().add(what),
    (what) => tracked().addDependency(what, 'a'),
    (what) => tracked().addDependency('a', what),
    (what) => tracked().changeEstimate('a', what),
    (what) => tracked().finish(what),
    (what) => tracked().lowerBound(what),
    (what) => tracked().removeDependency('b', what),
  ],
  analyzeConflicts: [
    (what) => analyzeConflicts(what),
    (what) => analyzeConflicts([what]),
    (what) => analyzeConflicts(tasks, what),
    (what) => analyzeConflicts(tasks, { files: what, history: what }),
    (what) => analyzeConflicts(tasks, { files: [what] }),
    (what) => analyzeConflicts(tasks, { files, history: [what] }),
    (what) => analyzeConflicts(tasks, { predictor: what }),
    (what) => analyzeConflicts(tasks, { threshold: what }),
    (what) => analyzeConflicts([{ id: 'a', title: what, touches: what }]),
    (what) => analyzeConflicts([{ id: 'a', touched: what, predicted: what }], { files }),
    (what) => pairSides(what, createPredictor({ files })),
    (what) => pairSides(tasks, what),
  ],
  inferDependencies: [
    (what) => inferDependencies(what),
    (what) => inferDependencies([what]),
    (what) => inferDependencies([{ id: 'a', title: what }]),
    (what) => inferDependencies(tasks, what),
    (what) => inferDependencies(tasks, { threshold: what }),
    (what) => inferDependencies(tasks, { files: [what] }),
  ],
  predictTouches: [
    (what) => predictTouches(what, { files }),
    (what) => predictTouches(tasks[0]!, what),
    (what) => predictTouches(tasks[0]!, { files: what }),
    (what) => predictTouches(tasks[0]!, { files, history: [what] }),
    (what) => predictTouches(tasks[0]!, { files, limit: what }),
  ],
  createPredictor: [
    (what) => createPredictor(what),
    (what) => createPredictor({ files: [what] }),
    (what) => createPredictor({ files }).predict(what),
    (what) => createPredictor({ files }).predict({ predicted: [what] }),
    (what) => createPredictor({ files }).predict({ title: 'a' }, what),
    (what) => createPredictor({ files }).predict({ title: 'a' }, { limit: what }),
    (what) => createPredictor({ files }).learn(what),
    (what) => createPredictor({ files }).learn({ title: what, files }),
    (what) => createPredictor({ files }).learn({ title: 'a', files: [what] }),
    (what) => createPredictor({ files }).learn({ title: 'a', files: [{ path: 'b', kind: what }] }),
    (what) => createPredictor({ files }).words(what),
    (what) => createPredictor({ files }).sources(what),
  ],
  explain: [
    (what) => explain(what, plan, 'a'),
    (what) => explain([tasks[0]!, what], plan, 'a'),
    (what) => explain(tasks, what, 'a'),
    (what) => explain(tasks, plan, what),
    ...partsOf((part) => explain(tasks, part, 'b')),
  ],
  diffPlans: [
    (what) => diffPlans(what, plan),
    (what) => diffPlans(plan, what),
    ...partsOf((part) => diffPlans(plan, part)),
  ],
  renderTimeline: [
    (what) => renderTimeline(what),
    (what) => renderTimeline(plan, what),
    (what) => renderTimeline(plan, { tasks: what }),
    (what) => renderTimeline(plan, { tasks: [{ id: 'a', title: what, dependsOn: what }] }),
    (what) => renderTimeline(plan, { actual: [what] }),
    (what) => renderTimeline(plan, { actual: [{ task: 'a', start: what, finish: 5, lane: what }] }),
    (what) => renderTimeline(plan, { title: what }),
    (what) => renderTimeline(plan, { timeScale: what }),
    (what) => renderTimeline(plan, { width: what, theme: 'dark' }),
    (what) => renderTimeline(plan, { theme: what }),
    (what) => renderTimeline(plan, { id: what }),
    ...partsOf((part) => renderTimeline(part)),
  ],
  toGraph: [
    (what) => graphs.toGraph(what),
    (what) => graphs.toGraph([what]),
    (what) => graphs.toGraph([{ id: 'a', estimate: what, dependsOn: what }]),
  ],
  generations: [(what) => graphs.generations(what)],
  importDocument: [
    (what) => formats.importDocument(what),
    (what) => formats.importDocument({ name: what, text: '- [ ] a' }),
    (what) => formats.importDocument({ name: 'plan.md', text: what }),
    (what) => formats.importDocument({ files: what }),
    (what) => formats.importDocument({ files: [what] }),
  ],
  exportPlan: formats.exportFormats.flatMap((format): Call[] => [
    (what) => formats.exportPlan(what, plan, format, { startAt: 0 }),
    (what) => formats.exportPlan({ tasks: what }, plan, format, { startAt: 0 }),
    (what) => formats.exportPlan({ tasks: [what] }, plan, format, { startAt: 0 }),
    (what) => formats.exportPlan({ project: what, tasks: [] }, plan, format, { startAt: 0 }),
    (what) => formats.exportPlan({ tasks: [] }, what, format, { startAt: 0 }),
    (what) => formats.exportPlan({ tasks: [] }, plan, format, what),
    (what) => formats.exportPlan({ tasks: [] }, plan, format, { startAt: what }),
    (what) => formats.exportPlan({ tasks: [] }, plan, what),
  ]),
  parseEstimate: [(what) => formats.parseEstimate(what)],
  toCsv: [(what) => formats.toCsv(what, plan), (what) => formats.toCsv([], what)],
  toDot: [(what) => formats.toDot(what, plan), ...partsOf((part) => formats.toDot([], part))],
  toICalendar: [
    (what) => formats.toICalendar([], plan, what),
    (what) => formats.toICalendar([], plan, { startAt: what }),
    (what) => formats.toICalendar([], plan, { startAt: 0, writtenAt: what }),
    (what) => formats.toICalendar([], plan, { startAt: 0, name: what }),
  ],
  toMermaidFlow: [
    (what) => formats.toMermaidFlow(what, plan),
    (what) => formats.toMermaidFlow([{ id: 'a', title: what, epic: what }], plan),
  ],
  toMermaidGantt: [
    (what) => formats.toMermaidGantt([], plan, what),
    ...partsOf((part) => formats.toMermaidGantt([], part)),
  ],
}

/** Every function that the entries publish, so that none can be forgotten. */
const published = [planner, formats, graphs].flatMap((entry) =>
  Object.entries<unknown>(entry).filter(
    (one): one is [string, (...given: unknown[]) => unknown] => typeof one[1] === 'function',
  ),
)

/** An object with one of its parts replaced. */
function partsReplaced<Whole extends object>(whole: Whole, call: (changed: Whole) => unknown) {
  return Object.keys(whole).map(
    (name): Call =>
      (what) =>
        call({ ...whole, [name]: what }),
  )
}

/** An answer, or an error that says what was seen, and then in a sentence what to do. */
function expectAnswerOrNamedError(call: () => unknown): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof CuelineError)) throw error
    expect(['invalid-input', 'not-found']).toContain(error.code)
    expect(error.message).toMatch(/\S\. \S.*\.$/s)
  }
}

/** A plan with one part of it, or one entry of that, replaced. */
function partsOf(call: (changed: planner.Plan) => unknown): Call[] {
  return Object.entries(plan).flatMap(([name, part]): Call[] => [
    (what) => call({ ...plan, [name]: what }),
    ...(Array.isArray(part) ? [(what: never) => call({ ...plan, [name]: [what] })] : []),
    ...(Array.isArray(part) && typeof part[0] === 'object'
      ? Object.keys(part[0] as object).map(
          (key): Call =>
            (what) =>
              call({ ...plan, [name]: [{ ...(part[0] as object), [key]: what }] }),
        )
      : []),
  ])
}

function tracked(): planner.TrackedTasks {
  const result = planner.trackTasks(tasks)
  if (!result.ok) throw new Error(result.problems[0]!.message)
  return result.tracked
}

describe('what programs without types hand to the planner and the formats [S3-03, X-12, X-15]', () => {
  it('is thought of at every function that they publish', () => {
    const names = published.map(([name]) => name)
    expect(names.filter((name) => !Object.hasOwn(calls, name))).toEqual([])
  })

  it.each(published)('ends so when nothing of it is right: %s', (_, publishedFunction) => {
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 5 }), (given) => {
        expectAnswerOrNamedError(() => publishedFunction(...given))
      }),
      { numRuns: 300 },
    )
  })

  it.each(Object.entries(calls))('ends in an answer or in a named error: %s', (_, every) => {
    fc.assert(
      fc.property(odd, (what) => {
        for (const call of every) expectAnswerOrNamedError(() => call(what as never))
      }),
      { numRuns: 100 },
    )
  })
})

describe('what cannot be read, named [X-12] [S3-13]', () => {
  const history = [{ title: 'a', files: [{ path: 'src/a.ts', kind: 'gone' }] }]
  it.each<[string, () => unknown, string]>([
    ['analyzeConflicts', () => analyzeConflicts(null as never), 'tasks is null. Give a list.'],
    [
      'analyzeConflicts',
      () => analyzeConflicts([{ id: 'a', touches: 'src' as never }]),
      'tasks[0].touches is "src". Give a list.',
    ],
    [
      'analyzeConflicts',
      () => analyzeConflicts(tasks, { threshold: Number.NaN }),
      'threshold is NaN. Give a number from 0 to 1.',
    ],
    [
      'analyzeConflicts',
      () => analyzeConflicts(tasks, { predictor: {} as never }),
      'predictor.predict is undefined. Give one that createPredictor made.',
    ],
    [
      'inferDependencies',
      () => inferDependencies(tasks, { threshold: 1.5 }),
      'threshold is 1.5. Give a number from 0 to 1.',
    ],
    [
      'predictTouches',
      () => predictTouches(null as never, { files }),
      'task is null. Give a task.',
    ],
    [
      'predictTouches',
      () => predictTouches({}, { files, history: history as never }),
      'history[0].files[0].kind is "gone". Give modified, added, deleted, renamed.',
    ],
    [
      'predictTouches',
      () => predictTouches({}, { files, limit: -1 }),
      'limit is -1. Give a whole number of at least 0.',
    ],
    [
      'createPredictor',
      () => createPredictor(null as never),
      'options is null. Give an object with files.',
    ],
    [
      'learn',
      () => createPredictor({ files }).learn({ title: 'a', files: null as never }),
      'change.files is null. Give a list.',
    ],
    [
      'explain',
      () => explain(tasks, null as never, 'a'),
      'plan is null. Give a plan, as planTasks makes it.',
    ],
    [
      'explain',
      () => explain(tasks, { ...plan, schedule: [{ task: 'a' }] as never }, 'a'),
      'plan.schedule[0].start is undefined. Give minutes.',
    ],
    [
      'layersOf',
      () => planner.layersOf(null as never),
      'index is null. Give one that indexTasks made.',
    ],
    [
      'layersOf',
      () => planner.layersOf({ ...index, dependencies: [0] as never }),
      'index.dependencies is a list. Give one of type Int32Array.',
    ],
    [
      'idsByLayer',
      () => planner.idsByLayer(index, null as never),
      'layers is null. Give what layersOf made.',
    ],
    [
      'tails',
      () => planner.tails(index, layers.order, new Float64Array(3)),
      'durations.length is 3. Give 2 entries.',
    ],
    [
      'diffPlans',
      () => diffPlans(plan, { ...plan, facts: 5 as never }),
      'after.facts is 5. Give a list.',
    ],
    [
      'renderTimeline',
      () => renderTimeline(plan, { theme: 'pink' as never }),
      'theme is "pink". Give auto, light or dark.',
    ],
    [
      'importDocument',
      () => formats.importDocument({ name: 'plan.md', text: 5 as never }),
      'text is 5. Give a text.',
    ],
    [
      'importDocument',
      () => formats.importDocument({ files: [{ path: 'a.md' } as never] }),
      'files[0].text is undefined. Give a text.',
    ],
  ])('%s says which place is wrong, what stands there and what to give', (_, call, message) => {
    expect(call).toThrow(CuelineError)
    expect(call).toThrow(message)
  })

  it('takes null for what is left out, as JSON writes it', () => {
    const bare = { id: 'a', title: null, touches: null, dependsOn: null, estimate: null } as never
    expect(analyzeConflicts([bare])).toEqual([])
    expect(inferDependencies([bare])).toEqual([])
    expect(createPredictor({ files }).predict(bare)).toEqual([])
    expect(graphs.toGraph([bare]).order).toBe(1)
  })
})
