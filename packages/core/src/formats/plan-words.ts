/** What a heading of a Markdown plan stands for. */
export type SectionRole =
  | 'background'
  | 'architecture'
  | 'guidance'
  | 'gates'
  | 'tests'
  | 'criteria'
  | 'description'
  | 'dependencies'
  | 'touches'
  /** Holds tasks: `## Tasks`. */
  | 'tasks'
  /** Explains the plan's own notation: its examples are no tasks. */
  | 'legend'

const roles: readonly (readonly [SectionRole, readonly string[]])[] = [
  [
    'background',
    [
      'background',
      'project background',
      'overview',
      'project overview',
      'introduction',
      'context',
      'project context',
      'goal',
      'goals',
      'purpose',
      'summary',
      'vision',
      'problem',
      'motivation',
      'about',
      'scope',
    ],
  ],
  [
    'architecture',
    [
      'architecture',
      'technical architecture',
      'design',
      'technical design',
      'tech stack',
      'technology stack',
      'stack',
      'structure',
      'project structure',
    ],
  ],
  [
    'guidance',
    [
      'guidance',
      'guidelines',
      'implementation guidance',
      'implementation guidelines',
      'implementation notes',
      'implementation strategy',
      'implementation details',
      'implementation',
      'how',
      'approach',
      'steps',
      'notes',
      'conventions',
      'coding conventions',
      'coding standards',
      'constraints',
      'rules',
    ],
  ],
  ['gates', ['gates', 'gate', 'quality gates']],
  [
    'tests',
    [
      'tests',
      'test',
      'tdd',
      'test cases',
      'test plan',
      'tests / tdd',
      'tdd specification',
      'testing',
    ],
  ],
  [
    'criteria',
    [
      'acceptance criteria',
      'acceptance',
      'success criteria',
      'success checklist',
      'success metrics',
      'checklist',
      'done when',
      'definition of done',
      'acceptance tests',
    ],
  ],
  ['description', ['description', 'details', 'what']],
  [
    'dependencies',
    [
      'dependencies',
      'task dependencies',
      'dependency graph',
      'dependencies & execution order',
      'dependencies and execution order',
      'execution order',
    ],
  ],
  ['touches', ['touches', 'files', 'files to touch', 'files to change', 'modified files']],
  [
    'tasks',
    [
      'tasks',
      'implementation plan',
      'project plan',
      'task list',
      'task breakdown',
      'todo',
      'to do',
      'to-do',
      'plan',
      'backlog',
      'work breakdown',
      'work items',
      'stories',
      'user stories',
    ],
  ],
  [
    'legend',
    [
      'format',
      'legend',
      'notation',
      'task format',
      'example',
      'examples',
      'template',
      'parallel example',
      'parallel execution examples',
    ],
  ],
]

const roleOfWord = new Map(
  roles.flatMap(([role, words]) => words.map((word) => [word, role] as const)),
)

/** The role of a heading or a label such as `Acceptance criteria:`; undefined for other words. */
export function sectionRole(heading: string): SectionRole | undefined {
  const words = plainWords(heading)
  const colon = words.indexOf(':')
  const role =
    roleOfWord.get(words) ?? (colon > 0 ? roleOfWord.get(words.slice(0, colon)) : undefined)
  if (role !== undefined) return role
  if (/^dependencies\s|\sdependencies$/.test(words) && words.length < 60) return 'dependencies'
  return undefined
}

/** A heading in lower case without numbering, emphasis and a closing colon. */
function plainWords(heading: string): string {
  return heading
    .slice(0, 200)
    .toLowerCase()
    .replace(/[*_`]/g, '')
    .replace(/^\d{1,3}(?:\.\d{1,3}){0,3}[.)]?\s+/, '')
    .replace(/[^\p{L}\p{N})]+$/u, '')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .replace(/\s+/g, ' ')
}

/** Words that make a heading a group of tasks, never a task: `Phase 2: …`, `User Story 1 - …`. */
export function looksLikeEpic(heading: string): boolean {
  return /^(?:phase|final phase|epic|milestone|sprint|week|day|stage|iteration|part|workstream|track|layer|wave|user story|group|level|batch)\b/i.test(
    heading.replace(/^[*_\s\d.)]{1,20}/, ''),
  )
}

/** A group of time or order, below which a numbered heading is a task: `### 1. Models`. */
export function looksLikePhase(heading: string): boolean {
  return /^(?:(?:final )?phase|epic|milestone|sprint|week|day|stage|iteration|wave)\b/i.test(
    heading,
  )
}

/** A line `Key: value` about a task. */
export type PropertyKey =
  | 'dependsOn'
  /** As `dependsOn`, in words that people use for software too. */
  | 'requires'
  | 'estimate'
  | 'touches'
  | 'type'
  | 'priority'
  | 'epic'
  | 'sprint'
  | 'parent'
  | 'status'
  | 'repository'
  | 'baseBranch'
  | 'account'
  | 'capabilities'
  | 'coverage'
  | 'criteria'
  | 'tests'
  | 'gates'
  | 'guidance'
  | 'architecture'
  | 'background'
  | 'description'

const properties: readonly (readonly [PropertyKey, readonly string[]])[] = [
  ['dependsOn', ['depends on', 'depends', 'after', 'blocked by', 'waits for']],
  [
    'requires',
    ['dependencies', 'dependency', 'requires', 'prerequisites', 'prerequisite', 'needs'],
  ],
  [
    'estimate',
    ['estimate', 'estimated', 'estimated time', 'estimation', 'effort', 'duration', 'time'],
  ],
  ['touches', ['touches', 'files', 'file', 'modifies', 'files touched', 'paths', 'file locations']],
  ['type', ['type']],
  ['priority', ['priority']],
  ['epic', ['epic']],
  ['sprint', ['sprint', 'milestone']],
  ['parent', ['parent']],
  ['status', ['status']],
  ['repository', ['repository', 'repo']],
  ['baseBranch', ['base branch']],
  ['account', ['account']],
  ['capabilities', ['capabilities', 'skills']],
  ['coverage', ['coverage']],
  [
    'criteria',
    ['acceptance criteria', 'acceptance', 'done when', 'success criteria', 'definition of done'],
  ],
  ['tests', ['tests', 'test', 'test cases', 'tdd', 'test case']],
  ['gates', ['gates', 'gate', 'quality gates']],
  [
    'guidance',
    ['guidance', 'implementation', 'how', 'approach', 'implementation notes', 'notes', 'steps'],
  ],
  ['architecture', ['architecture', 'design']],
  ['background', ['background', 'context']],
  ['description', ['description']],
]

const propertyOfWord = new Map(
  properties.flatMap(([key, words]) => words.map((word) => [word, key] as const)),
)

export interface Property {
  readonly key: PropertyKey
  /** Empty for a label that stands above what it names. */
  readonly value: string
}

/** Reads `Depends on: T1`, `**Estimate**: 3h`, `_Type: docs_`; undefined for any other line. */
export function propertyOf(line: string): Property | undefined {
  const match = /^([*_]{0,3})([A-Za-z][A-Za-z /-]{1,30})([*_]{0,3}) ?(?::|\uFF1A)([*_]{0,3})/.exec(
    line,
  )
  const [all, open, word, , close] = match ?? []
  if (all === undefined || word === undefined) return undefined
  const key = propertyOfWord.get(word.trim().toLowerCase())
  if (key === undefined) return undefined
  let value = line.slice(all.length).trim()
  if (open !== '' && open !== undefined && close === '' && value.endsWith(open)) {
    value = value.slice(0, -open.length)
  }
  return { key, value: value.trim() }
}

/** The role of a property, for labels such as `Acceptance criteria:` above a list. */
export function roleOfProperty(key: PropertyKey): SectionRole | undefined {
  const labels: Partial<Record<PropertyKey, SectionRole>> = {
    criteria: 'criteria',
    tests: 'tests',
    gates: 'gates',
    guidance: 'guidance',
    architecture: 'architecture',
    background: 'background',
    description: 'description',
    touches: 'touches',
    dependsOn: 'dependencies',
    requires: 'dependencies',
  }
  return labels[key]
}
