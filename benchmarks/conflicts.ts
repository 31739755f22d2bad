// `npm run bench -- conflicts [--sample] [--fit]`: how well files and conflicts are predicted, and
// what soft locks on the predictions cost and save. Reads real histories and plans from CUELINE_DATA;
// they are other people's work and not part of this repository. --sample: two repositories, full
// text, fewer draws. --fit: prints the weights of touch-weights.ts and pair-weights.ts, fitted again.
// Prints tables and, last, one line of JSON.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { conflictThreshold, inferenceThreshold } from '@cueline/core'
import { fitPairs } from './reference/fit-pairs.ts'
import { fitTouches } from './reference/fit-touches.ts'
import { inferenceFigures } from './reference/hidden-edges.ts'
import { meetingFigures, methodFigures } from './reference/method-figures.ts'
import { type Pair, pairFigures, pairsOf } from './reference/pair-figures.ts'
import { dispatchCurve } from './reference/dispatch-curve.ts'
import { repositories, type Text, type TouchCase, touchCases } from './reference/touch-cases.ts'
import { rankFigures, type RankFigures } from './reference/rank-figures.ts'

const { values: flags } = parseArgs({
  options: {
    sample: { type: 'boolean', default: false },
    fit: { type: 'boolean', default: false },
  },
})
const data = process.env.CUELINE_DATA
if (data === undefined || data === '') {
  console.log('not proven: CUELINE_DATA unset')
} else if (existsSync(data)) {
  measure(data)
} else {
  console.error(`CUELINE_DATA is ${data}, which does not exist: name the folder with the data.`)
  process.exitCode = 1
}

function measure(data: string) {
  const names = flags.sample ? (['backlog-md', 'beads'] as const) : repositories
  const texts: readonly Text[] = flags.sample ? ['full'] : ['title', 'full']
  const results: Record<string, unknown> = {}
  for (const text of texts) {
    const histories = names.map((name) => touchCases(data, name, text, flags.fit))
    if (flags.fit) {
      const { weights, scale, offset } = fitTouches(histories)
      const sources = [...histories[0]![0]!.bySource.keys()]
      for (const [at, source] of sources.entries())
        console.log(`  ${source}: ${weights[at]!.toFixed(2)}`)
      console.log(`  scale ${scale.toFixed(2)}, offset ${offset.toFixed(2)}`)
      const pairs = fitPairs(histories)
      console.log(`  pairs: offset ${pairs.offset.toFixed(2)}`)
      for (const { signal, weight } of pairs.weights)
        console.log(`  pairs, ${signal}: ${weight.toFixed(2)}`)
      for (const [at, area] of pairs.apart.entries())
        console.log(`  ${names[at]}: AUC ahead, weights of pairs from the others: ${short(area)}`)
    }
    const last = histories.map((cases) => cases.filter(({ quarter }) => quarter === 4))
    results[text] = {
      files: fileTable(names, last, text),
      methods: methodTable(last, text),
      kinds: kindTable(last, text),
      pairs: pairTable(names, last, text),
    }
    if (text === 'full') results.dispatch = dispatchTable(last)
  }
  results.inference = inferenceTable(data)
  console.log(
    JSON.stringify({
      bench: 'conflicts',
      node: process.versions.node,
      sample: flags.sample,
      ...results,
    }),
  )
}

function fileTable(names: readonly string[], histories: readonly TouchCase[][], text: Text) {
  console.log(
    `\nFiles, ${text} text, last quarter. Mean over the repositories, then each of them.\n`,
  )
  const columns = ['P@1', 'F1@3', 'F1@5', 'R@10', 'hit@5']
  console.log(line('', columns))
  const sources = [...histories[0]![0]!.bySource.keys()].filter((source) => source !== 'host')
  const methods: [string, (one: TouchCase) => readonly string[]][] = [
    ...sources.map((source): [string, (one: TouchCase) => readonly string[]] => [
      source,
      (one) => one.bySource.get(source)!,
    ]),
    ['all together', (one) => one.predicted.map(({ path }) => path)],
  ]
  let mean: RankFigures | undefined
  const each: Record<string, RankFigures> = {}
  for (const [name, ranked] of methods) {
    const figures = histories.map((cases) => rankFigures(cases, ranked))
    mean = figures[0]!.map(
      (_, at) => figures.reduce((sum, one) => sum + one[at]!, 0) / figures.length,
    )
    console.log(line(name, mean.map(short)))
    if (name === 'all together') {
      for (const [at, repository] of names.entries()) {
        each[repository] = figures[at]!.map(rounded)
        console.log(line(`  ${repository}`, figures[at]!.map(short)))
      }
    }
  }
  return { columns, mean: mean!.map(rounded), each }
}

function methodTable(histories: readonly TouchCase[][], text: Text) {
  console.log(
    `\nMethods, ${text} text: the first three files, and the pairs within 12 tasks that meet in them.`,
  )
  console.log('Means over the repositories.\n')
  const columns = ['speaks', 'precision', 'recall', 'F1', 'of pairs', 'recall', 'F1']
  console.log(line('', columns))
  // A method that is silent in a repository has no precision there.
  const mean = (figures: readonly (readonly number[])[]) =>
    figures[0]!.map((_, at) => {
      const known = figures.map((one) => one[at]!).filter((value) => !Number.isNaN(value))
      return known.reduce((sum, value) => sum + value, 0) / known.length
    })
  const rows: Record<string, number[]> = {}
  const show = (name: string, figures: readonly number[]) => {
    console.log(line(name, figures.map(short)))
    rows[name] = figures.map(rounded)
  }
  for (const name of histories[0]![0]!.byMethod.keys())
    show(
      name,
      mean(histories.map((cases) => methodFigures(cases, (one) => one.byMethod.get(name)!))),
    )
  const together = (one: TouchCase) => one.predicted.map(({ path }) => path)
  show('all together', mean(histories.map((cases) => methodFigures(cases, together))))
  const none = [Number.NaN, Number.NaN, Number.NaN, Number.NaN]
  for (const when of ['chance', 'ahead'] as const) {
    const figures = histories.map((cases) =>
      meetingFigures(pairsOf(cases, 12), (pair) => pair[when] >= conflictThreshold),
    )
    show(`model of pairs at ${conflictThreshold}, ${when}`, [...none, ...mean(figures)])
  }
  return { columns, rows }
}

function kindTable(histories: readonly TouchCase[][], text: Text) {
  console.log(
    `\nKinds of conflicts known ahead at ${conflictThreshold}, ${text} text: all pairs.\n`,
  )
  console.log(line('', ['conflicts', 'right', 'precision', 'recall', 'F1']))
  const pairs = histories.flatMap((cases) => pairsOf(cases, 12))
  const rows: Record<string, number[]> = {}
  for (const kind of ['declared', 'path', 'suffix', 'symbol', 'history'] as const) {
    const isFound = (pair: Pair) => pair.kind === kind && pair.ahead >= conflictThreshold
    const found = pairs.filter(isFound)
    const right = found.filter(({ shared }) => shared).length
    const figures = meetingFigures(pairs, isFound)
    console.log(line(kind, [found.length, right, ...figures.map(short)].map(String)))
    rows[kind] = [found.length, right, ...figures.map(rounded)]
  }
  return rows
}

function pairTable(names: readonly string[], histories: readonly TouchCase[][], text: Text) {
  console.log(`\nPairs of tasks, ${text} text, windows of 12: is a file shared?\n`)
  const columns = ['base rate', 'AUC', 'AP', 'AUC ahead', 'AP ahead']
  console.log(line('', columns))
  const rows = histories.map((cases) => {
    const pairs = pairsOf(cases, 12)
    const own = pairFigures(pairs.map(({ shared, chance }) => ({ shared, chance })))
    const ahead = pairFigures(pairs.map(({ shared, ahead: chance }) => ({ shared, chance })))
    return [own.rate, own.auc, own.precision, ahead.auc, ahead.precision]
  })
  const mean = columns.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / rows.length)
  console.log(line('mean', mean.map(short)))
  for (const [at, repository] of names.entries())
    console.log(line(`  ${repository}`, rows[at]!.map(short)))
  return { columns, mean: mean.map(rounded) }
}

function dispatchTable(histories: readonly TouchCase[][]) {
  console.log('\nDispatch, full text: 24 tasks, 4 workers, log-normal durations (deviation 1).')
  console.log(
    'Time over the bound, and the share of tasks that ran beside one with a common file.\n',
  )
  console.log(
    line('', [
      'in order',
      'collided',
      'tight 1st',
      'collided',
      'weighed',
      'collided',
      'precision',
      'recall',
    ]),
  )
  const rows = dispatchCurve(histories, flags.sample ? 3 : 20)
  for (const { rule, figures } of rows) console.log(line(rule, figures.map(short)))
  return rows.map(({ rule, figures }) => ({ rule, figures: figures.map(rounded) }))
}

function inferenceTable(data: string) {
  console.log(
    '\nDependencies inferred from texts, the declared ones hidden. Right: declared, directly or',
  )
  console.log('by way of others.\n')
  const rows = []
  for (const threshold of [0.5, inferenceThreshold]) {
    console.log(line(`at ${threshold}`, ['declared', 'inferred', 'right', 'precision', 'recall']))
    const plans = inferenceFigures(data, threshold)
    const sum = (of: 'edges' | 'inferred' | 'direct' | 'implied') =>
      plans.reduce((total, plan) => total + plan[of], 0)
    const total = {
      name: 'all',
      edges: sum('edges'),
      inferred: sum('inferred'),
      direct: sum('direct'),
      implied: sum('implied'),
    }
    for (const { name, edges, inferred, direct, implied } of [...plans, total]) {
      if (inferred === 0) continue
      const precision = implied / inferred
      const recall = direct / edges
      console.log(
        line(`  ${name}`, [edges, inferred, implied, short(precision), short(recall)].map(String)),
      )
      rows.push({ threshold, name, edges, inferred, direct, implied })
    }
  }
  return rows
}

function line(name: string, cells: readonly string[]): string {
  return name.padEnd(44) + cells.map((cell) => cell.padStart(11)).join('')
}

function short(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(3)
}

function rounded(value: number): number {
  return Number(value.toFixed(4))
}
