import { execFileSync } from 'node:child_process'
import { devNull } from 'node:os'

/** Files by name: their text and mode. */
type Tree = Map<string, { text: string; mode: string }>

/**
 * Makes a repository with a history of so many commits after a first one: files that grow at one place
 * and at several, overlaps, renames, a revert, files taken away, links, bits, bytes and odd names. The same
 * for a seed.
 */
export function makeHistory(folder: string, seed: number, commits: number): void {
  const random = randomFrom(seed)
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)]!
  const tree: Tree = new Map()
  for (let file = 0; file < 6; file++) {
    const lines = Array.from({ length: 40 }, (_none, line) => `file ${file} line ${line}\n`)
    tree.set(`src/part-${file}.txt`, { text: lines.join(''), mode: '100644' })
  }
  tree.set('NEWS.md', { text: '# News\n\n- the start\n', mode: '100644' })
  const history: { title: string; tree: Tree }[] = [{ title: 'Start', tree: new Map(tree) }]
  let reverted: Tree | null = null
  for (let commit = 1; commit <= commits; commit++) {
    const texts = [...tree].filter(([, { mode }]) => mode !== '120000')
    const [path, { text, mode }] = pick(texts)
    const lines = text.split(/(?<=\n)/)
    const at = Math.floor(random() * lines.length)
    const what = commit === Math.floor(commits / 2) ? 'revert' : pick(kinds)
    let title = `${what}: ${path}`
    if (what === 'edit') {
      lines.splice(at, pick([0, 1, 1, 2]), ...Array.from({ length: pick([1, 2, 3]) }, (_none, nth) => `${commit}.${nth}\n`)) // prettier-ignore
      tree.set(path, { text: lines.join(''), mode })
    } else if (what === 'news') {
      const { text: news } = tree.get('NEWS.md') ?? { text: '# News\n\n' }
      const text2 = news.replace('# News\n\n', `# News\n\n- ${commit}\n`)
      tree.set('NEWS.md', { text: text2, mode: '100644' })
      title = `news: entry ${commit}`
    } else if (what === 'append') {
      tree.set(path, {
        text: `${text}${pick(['', '\r\n', '\n'])}end ${commit}${pick(['', '\n'])}`,
        mode,
      })
    } else if (what === 'rename') {
      tree.delete(path)
      tree.set(`${pick(['src', 'moved', 'ödd näme', '-dash'])}/${commit}${path.slice(-6)}`, {
        text,
        mode,
      })
    } else if (what === 'remove') {
      if (tree.size > 4) tree.delete(path)
      else tree.set('more.txt', { text: `${commit}\n`, mode: '100644' })
    } else if (what === 'mode') {
      tree.set(path, { text, mode: mode === '100755' ? '100644' : '100755' })
    } else if (what === 'link') {
      tree.set(`link-${commit}`, { text: 'NEWS.md', mode: '120000' })
    } else if (what === 'protected') {
      tree.set('.github/workflows/ci.yml', { text: `on: push # ${commit}\n`, mode: '100644' })
      title = `ci: build ${commit}`
    } else if (what === 'bytes') {
      tree.set('data.bin', { text: `\u0000\u00ff${commit}\u0000\n\u0001`, mode: '100644' })
    } else if (reverted !== null) {
      // Brings the commit before back to what it was.
      tree.clear()
      for (const [each, state] of reverted) tree.set(each, state)
      title = 'revert: the commit before'
    }
    reverted = history.at(-1)?.tree ?? null
    history.push({ title, tree: new Map(tree) })
  }
  write(folder, history)
}

const kinds = [
  'edit',
  'edit',
  'edit',
  'edit',
  'news',
  'news',
  'append',
  'rename',
  'remove',
  'mode',
  'link',
  'bytes',
  'protected',
] as const

function write(folder: string, history: readonly { title: string; tree: Tree }[]): void {
  const git = (args: string[], input: Buffer) =>
    execFileSync('git', args, {
      cwd: folder,
      input,
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull }, // prettier-ignore
    })
  const data = (text: string, encoding: BufferEncoding) => {
    const bytes = Buffer.from(text, encoding)
    return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')])
  }
  const parts: Buffer[] = []
  for (const [at, { title, tree }] of history.entries()) {
    parts.push(Buffer.from('commit refs/heads/main\n'))
    parts.push(Buffer.from(`committer A <a@example.org> ${1_700_000_000 + at} +0000\n`))
    parts.push(data(title, 'utf8'), Buffer.from('deleteall\n'))
    for (const [path, { text, mode }] of tree) {
      parts.push(Buffer.from(`M ${mode} inline ${JSON.stringify(path)}\n`), data(text, 'latin1'))
    }
  }
  git(['init', '-q', '-b', 'main'], Buffer.alloc(0))
  git(['fast-import', '--quiet'], Buffer.concat(parts))
}

/** Numbers from 0 to 1, the same for a seed (mulberry32, Tommy Ettinger, 2017). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
