import { axisTicks } from './axis-ticks.ts'
import { escapeXml } from './escape-xml.ts'
import { cutText, textWidth } from './printable-text.ts'
import { timelineStyle } from './timeline-theme.ts'
import type { TimelineTheme } from './timeline-theme.ts'

/** What a timeline shows. Times are milliseconds from its start. */
export interface TimelineChart {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly width: number | undefined
  readonly theme: TimelineTheme
  readonly total: number
  readonly bars: readonly ChartBar[]
  /** When the plan says it ends, to be drawn beside an actual end. */
  readonly plannedEnd: number | null
}

export interface ChartBar {
  /** Where a chart has planned and actual bars, each lane has a thin and a thick row. */
  readonly kind: 'only' | 'planned' | 'actual'
  readonly lane: number
  readonly start: number
  readonly finish: number
  /** What stands in the bar, when there is no room for `label`. */
  readonly name: string
  readonly label: string
  /** Lines that are shown when a pointer rests on the bar. */
  readonly hint: readonly string[]
  readonly critical: boolean
  readonly failed: boolean
}

const left = 72
const right = 24
const top = 78
const gap = 4

/** The chart as an SVG document: no scripts, nothing from elsewhere, equal charts in equal bytes. */
export function drawTimelineChart(chart: TimelineChart): string {
  const lanes = [...new Set(chart.bars.map(({ lane }) => lane))].toSorted((a, b) => a - b)
  const rows = new Map(lanes.map((lane, row) => [lane, row]))
  const compares = chart.bars.some(({ kind }) => kind !== 'only')
  const laneHeight = compares ? 52 : 34
  const width = chart.width ?? widthFor(chart.bars)
  const bottom = top + Math.max(1, lanes.length) * laneHeight
  const height = bottom + 40
  const scale = (width - left - right) / Math.max(chart.total, Number.MIN_VALUE)
  const x = (ms: number) => left + (chart.total === 0 ? 0 : ms * scale)
  const bar = (each: ChartBar) =>
    drawBar(each, x, top + (rows.get(each.lane) ?? 0) * laneHeight + gap)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="cueline-timeline" role="img" aria-labelledby="${chart.id}-title ${chart.id}-desc" width="${fixed(width)}" height="${height}" viewBox="0 0 ${fixed(width)} ${height}">`,
    `<title id="${chart.id}-title">${escapeXml(chart.title)}</title>`,
    `<desc id="${chart.id}-desc">${escapeXml(chart.description)}</desc>`,
    `<style>\n${timelineStyle(chart.theme)}</style>`,
    `<rect class="page" width="${fixed(width)}" height="${height}"/>`,
    text(16, 28, cutText(chart.title, (width - 32) / 10), 'title'),
    text(16, 48, cutText(chart.description, (width - 32) / 6.5), 'quiet'),
    ...lanes.flatMap((lane, row) => drawLane(lane, row, laneHeight, width)),
    ...drawAxis(chart.total, x, width, bottom),
    ...chart.bars.map(bar),
    ...(chart.plannedEnd === null ? [] : [drawEnd(x(chart.plannedEnd), bottom)]),
    ...drawLegend(chart.bars, compares, bottom + 14),
    '</svg>',
  ].join('\n')}\n`
}

/** Wide enough for a name in the bars of the fullest lane, within reason. */
function widthFor(bars: readonly ChartBar[]): number {
  const counts = new Map<string, number>()
  let most = 0
  for (const { kind, lane } of bars) {
    const count = (counts.get(`${kind} ${lane}`) ?? 0) + 1
    counts.set(`${kind} ${lane}`, count)
    if (count > most) most = count
  }
  return Math.min(4000, Math.max(960, left + right + most * 60))
}

function drawLane(lane: number, row: number, height: number, width: number): string[] {
  const y = top + row * height
  const stripe = `<rect class="stripe" y="${y}" width="${fixed(width)}" height="${height}"/>`
  return [...(row % 2 === 0 ? [stripe] : []), text(16, y + height / 2 + 4, `Lane ${lane}`, 'quiet')]
}

function drawAxis(
  total: number,
  x: (ms: number) => number,
  width: number,
  bottom: number,
): string[] {
  return axisTicks(total, Math.max(2, Math.floor((width - left - right) / 90))).flatMap(
    ({ at, label }) => [
      `<line class="grid" x1="${fixed(x(at))}" y1="${top - 8}" x2="${fixed(x(at))}" y2="${bottom}"/>`,
      // A label in the middle of the last line would be cut off by the edge.
      text(Math.min(x(at), width - 4 - label.length * 3.2), top - 12, label, 'tick quiet'),
    ],
  )
}

function drawBar(bar: ChartBar, x: (ms: number) => number, laneTop: number): string {
  const { kind, start, finish, hint, critical, failed } = bar
  const height = kind === 'planned' ? 16 : 26
  const y = kind === 'actual' ? laneTop + 18 : laneTop
  const from = x(start) + 0.5
  const width = Math.max(2, x(finish) - x(start) - 1)
  const size = kind === 'planned' ? 10 : 11
  const shown = fitting(bar, Math.floor((width - 8) / (size * 0.6)))
  const classes = ['bar', kind, critical ? 'critical' : '', failed ? 'failed' : '']
  const place = `x="${fixed(from)}" width="${fixed(width)}"`
  return [
    `<g class="${classes.filter((name) => name !== '').join(' ')}">`,
    `<title>${hint.map(escapeXml).join('\n')}</title>`,
    `<rect ${place} y="${y}" height="${height}" rx="3"/>`,
    // The critical path is told by more than its colour.
    critical && kind !== 'planned'
      ? `<rect class="mark" ${place} y="${y + height - 4}" height="4"/>`
      : '',
    shown === '' ? '' : text(from + 5, y + height / 2 + (kind === 'planned' ? 4 : 3), shown, ''),
    '</g>',
  ].join('')
}

/** Name and title, cut where some of the title is left; else the name; else nothing. */
function fitting({ name, label }: ChartBar, columns: number): string {
  const least = textWidth(name)
  if (columns >= Math.min(textWidth(label), least + 6)) return cutText(label, columns)
  if (columns >= least) return name
  return columns >= 6 ? cutText(name, columns) : ''
}

function drawEnd(x: number, bottom: number): string {
  return `<line class="end" x1="${fixed(x)}" y1="${top - 8}" x2="${fixed(x)}" y2="${bottom}"><title>planned end</title></line>`
}

function drawLegend(bars: readonly ChartBar[], compares: boolean, y: number): string[] {
  const entries = [
    { name: 'critical path', classes: 'bar critical', has: bars.some((bar) => bar.critical) },
    { name: 'planned', classes: 'bar planned', has: compares },
    { name: 'actual', classes: 'bar actual', has: bars.some((bar) => bar.kind === 'actual') },
    { name: 'failed', classes: 'bar failed', has: bars.some((bar) => bar.failed) },
  ]
  let x = left
  return entries
    .filter(({ has }) => has)
    .map(({ name, classes }) => {
      const from = x
      x += 110
      const mark = classes.includes('critical')
        ? `<rect class="mark" x="${from}" y="${y + 8}" width="18" height="4"/>`
        : ''
      return `<g class="${classes}"><rect x="${from}" y="${y}" width="18" height="12" rx="2"/>${mark}</g>${text(from + 24, y + 10, name, 'quiet')}`
    })
}

function text(x: number, y: number, content: string, classes: string): string {
  const named = classes === '' ? '' : ` class="${classes}"`
  return `<text${named} x="${fixed(x)}" y="${fixed(y)}">${escapeXml(content)}</text>`
}

/** At most two digits behind the point, so that the bytes do not hang on rounding errors. */
function fixed(value: number): string {
  return String(Math.round(value * 100) / 100)
}
