export type TimelineTheme = 'auto' | 'light' | 'dark'

/** The style sheet of a timeline; its rules reach nothing outside of it. `auto` follows the reader. */
export function timelineStyle(theme: TimelineTheme): string {
  if (theme !== 'auto') return `${shape}${colours(theme === 'dark' ? dark : light)}`
  return `${shape}${colours(light)}@media (prefers-color-scheme: dark) {\n${colours(dark)}}\n`
}

const root = '.cueline-timeline'

const shape = `${root} text { font: 12px system-ui, 'DejaVu Sans', sans-serif; }
${root} .title { font-size: 16px; font-weight: 600; }
${root} .tick { text-anchor: middle; font-size: 11px; }
${root} .bar text { font-size: 11px; }
${root} .bar rect { stroke-width: 1; }
${root} .critical rect { stroke-width: 2; }
${root} .planned rect { stroke-dasharray: 4 2; }
${root} .end { stroke-width: 1.5; stroke-dasharray: 6 4; }
`

interface Palette {
  readonly page: string
  readonly text: string
  readonly quiet: string
  readonly grid: string
  readonly stripe: string
  readonly bar: Ink
  readonly critical: Ink
  readonly planned: Ink
  readonly failed: Ink
}

interface Ink {
  readonly fill: string
  readonly line: string
  readonly text: string
}

const light: Palette = {
  page: '#ffffff',
  text: '#1f2328',
  quiet: '#57606a',
  grid: '#d0d7de',
  stripe: '#f6f8fa',
  bar: { fill: '#dbeafe', line: '#3b82f6', text: '#172554' },
  critical: { fill: '#fed7aa', line: '#c2410c', text: '#431407' },
  planned: { fill: '#f6f8fa', line: '#8c959f', text: '#424a53' },
  failed: { fill: '#fecaca', line: '#b91c1c', text: '#450a0a' },
}

const dark: Palette = {
  page: '#0d1117',
  text: '#e6edf3',
  quiet: '#9198a1',
  grid: '#30363d',
  stripe: '#151b23',
  bar: { fill: '#1e3a5f', line: '#58a6ff', text: '#dbeafe' },
  critical: { fill: '#5c2b0a', line: '#fb923c', text: '#ffedd5' },
  planned: { fill: '#151b23', line: '#6e7681', text: '#b1bac4' },
  failed: { fill: '#5f1d1d', line: '#f87171', text: '#fee2e2' },
}

function colours(palette: Palette): string {
  const { page, text, quiet, grid, stripe } = palette
  return `${root} .page { fill: ${page}; }
${root} .stripe { fill: ${stripe}; }
${root} text { fill: ${text}; }
${root} .quiet { fill: ${quiet}; }
${root} .grid { stroke: ${grid}; }
${root} .end { stroke: ${quiet}; }
${ink('bar', palette.bar)}${ink('critical', palette.critical)}${ink('planned', palette.planned)}${root} .planned.critical rect { stroke: ${palette.critical.line}; }
${root} .critical .mark { fill: ${palette.critical.line}; stroke: none; }
${ink('failed', palette.failed)}`
}

function ink(kind: string, { fill, line, text }: Ink): string {
  return `${root} .${kind} rect { fill: ${fill}; stroke: ${line}; }
${root} .${kind} text { fill: ${text}; }
`
}
