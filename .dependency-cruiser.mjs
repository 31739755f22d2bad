// Imports that do not happen. Each rule says in `comment` what it keeps true.

const test = '\\.(test|arbitrary)\\.ts$'
/** Folders of core whose files are synchronous functions from data to data. */
const pure = 'packages/core/src/(task|plan|conflict|staging|formats|limit|merge|expertise|report)/'
/** Folders of core that hold a port; a port knows the model, never another port. */
const port = '(runner|workspace|gate|storage|tracker|dispatch|delivery|artifact)'
/** What a package may be reached by from outside: the sources behind its `exports`. */
const entries = [
  '^packages/core/src/(index|(plan|graph|formats|client|reports|testing)/index)\\.ts$',
  '^packages/sql/src/index\\.ts$',
  '^packages/adapter-[^/]+/src/(index|[^/]+/index)\\.ts$',
]
const heavy = 'node_modules/(graphology|graphology-dag|zod)/'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'Two files that need each other are one idea, or an arrow points backwards.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved',
      comment: 'An import that nothing answers fails at run time.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'core-runs-anywhere',
      comment: 'core imports nothing of Node, React, Kysely or a driver: browsers load it too.',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-knows-no-adapter',
      comment: 'core is the innermost package: adapters know it, never the other way round.',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: {
        path: [
          '^packages/(?!core/)',
          'node_modules/@cueline/',
          'node_modules/(react|react-dom|kysely|pg|better-sqlite3)/',
        ],
      },
    },
    {
      name: 'pure-folders-do-not-act',
      comment: 'Pure folders decide; the engine, the ports and their implementations act.',
      severity: 'error',
      from: { path: `^${pure}`, pathNot: test },
      to: {
        path: `^packages/core/src/(engine|worker|client|operation|testing|project/.*storage|${port.slice(1, -1)})/`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'pure-folders-do-not-import-the-engine-even-as-a-type',
      comment: 'The arrow goes from the engine to staging.',
      severity: 'error',
      from: { path: `^${pure}`, pathNot: test },
      to: { path: '^packages/core/src/(engine|worker|operation)/' },
    },
    {
      name: 'ports-are-apart',
      comment: 'A port that needs another port hides a second concept; the engine joins them.',
      severity: 'error',
      from: { path: `^packages/core/src/${port}/`, pathNot: test },
      to: { path: `^packages/core/src/${port}/`, pathNot: '^packages/core/src/$1/' },
    },
    {
      name: 'ports-do-not-know-the-engine',
      comment: 'The engine uses ports; a port can be implemented without it.',
      severity: 'error',
      from: { path: `^packages/core/src/${port}/`, pathNot: test },
      to: { path: '^packages/core/src/(engine|worker|operation|client)/' },
    },
    {
      name: 'planner-and-client-stay-light',
      comment: '`./planner` and `./client` load neither graphology nor zod.',
      severity: 'error',
      from: { path: '^packages/core/src/(plan|client)/index\\.ts$' },
      to: { reachable: true, path: heavy },
    },
    {
      name: 'parsers-behind-their-subpath',
      comment:
        'YAML, Markdown and XML parsers are loaded through `./formats` and `./reports` only.',
      severity: 'error',
      from: {
        path: '^packages/core/src/',
        pathNot: ['^packages/core/src/(formats|reports|gate/reports)/', test],
      },
      to: {
        path: 'node_modules/(yaml|marked|@lezer/[^/]+|micromark[^/]*|mdast-[^/]*|fast-xml-parser)/',
      },
    },
    {
      name: 'root-entry-loads-no-parser',
      comment: 'Importing `@cueline/core` does not load the parsers of `./formats`.',
      severity: 'error',
      from: { path: '^packages/core/src/index\\.ts$' },
      to: {
        reachable: true,
        path: 'node_modules/(yaml|marked|@lezer/[^/]+|micromark[^/]*|mdast-[^/]*|fast-xml-parser)/',
      },
    },
    {
      name: 'sql-knows-no-driver',
      comment: 'Drivers belong to the adapter of their database.',
      severity: 'error',
      from: { path: '^packages/sql/src/', pathNot: test },
      to: { path: ['^(node:)?sqlite$', 'node_modules/(better-sqlite3|pg|postgres|libsql)/'] },
    },
    {
      name: 'adapters-are-apart',
      comment: 'What two adapters share belongs to core or sql.',
      severity: 'error',
      from: { path: '^packages/(adapter-[^/]+)/', pathNot: test },
      to: { path: '^packages/adapter-', pathNot: '^packages/$1/' },
    },
    {
      name: 'packages-are-entered-by-their-exports',
      comment:
        'What is not in `exports` is internal: no adapter leans on the inside of the engine.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', ...entries] },
    },
    {
      name: 'no-relative-path-into-a-package',
      comment: 'Examples and tests import by name, as a user does.',
      severity: 'error',
      from: { path: '^(examples|docs|tests|benchmarks)/' },
      to: { path: '^packages/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-relative-path-between-packages',
      comment: 'Packages import each other by name: the path would not exist once installed.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'examples-use-exports',
      comment: 'An example shows only what a user can import.',
      severity: 'error',
      from: { path: '^(examples|docs)/' },
      to: { path: '^packages/', pathNot: entries },
    },
    {
      name: 'nothing-imports-the-cli',
      comment: 'The CLI composes; nobody composes the CLI.',
      severity: 'error',
      from: { pathNot: '^packages/cli/' },
      to: { path: ['^packages/cli/', 'node_modules/@cueline/cli/'] },
    },
    {
      name: 'tests-stay-tests',
      comment: 'Published code does not import tests or development tools.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: test },
      to: { path: ['\\.test\\.ts$', 'node_modules/(vitest|fast-check|tsup|typescript)/'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: [
        '^(packages|examples)/[^/]+/(dist|\\.cueline|recorded)/',
        '^(packages|examples|tests)/.+/fixtures/',
      ],
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['cueline-source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
}
