/** Lines that a commit puts in the place of others; `at` counts from 0 in the file before it. */
export interface Hunk {
  readonly at: number
  readonly removed: number
  readonly added: readonly string[]
}

/** A file as it is in a folder. Its text has a character per byte. */
export interface FileState {
  readonly text: string
  /** As git writes it: 100644, 100755, 120000. */
  readonly mode: string
}

interface Line {
  readonly text: string
  /** The commit that brought it; null when it was there before the window. */
  readonly by: number | null
  /** The commit that took it away, if one did. */
  gone: number | null
}

/**
 * One file through a window of history, as an interleaved file: every line that it ever had, in one
 * order, with who brought it and who took it away. That says what the file looks like with *any* of the
 * commits, not only with all up to one - the source of truth that merges of reordered work are held
 * against. (M. Rochkind, The Source Code Control System, 1975.)
 */
export class ChangedFile {
  readonly #start: FileState | null
  #lines: Line[]
  /** Commits after which it was there with a mode, or was not there; in the order of history. */
  readonly #lives: { readonly by: number; readonly mode: string | null }[] = []
  readonly #touchedBy: number[] = []

  constructor(start: FileState | null) {
    this.#start = start
    this.#lines = linesOf(start?.text ?? '').map((text) => ({ text, by: null, gone: null }))
  }

  /** The commits that have changed it so far. */
  get touchedBy(): readonly number[] {
    return this.#touchedBy
  }

  /**
   * Takes in what the next commit did. Answers the commits that it cannot do without: those that wrote
   * lines which it changes, and those that made or removed the file.
   */
  apply(by: number, mode: string | null, hunks: readonly Hunk[]): ReadonlySet<number> {
    const needs = new Set<number>()
    const before = this.#lives.at(-1)
    if (before !== undefined) needs.add(before.by)
    const modeBefore = before === undefined ? (this.#start?.mode ?? null) : before.mode
    if (mode === null) for (const each of this.#touchedBy) needs.add(each)
    for (const hunk of hunks.toReversed()) this.#replace(by, hunk, needs)
    if (mode !== modeBefore) this.#lives.push({ by, mode })
    this.#touchedBy.push(by)
    return needs
  }

  /** The file with the changes of these commits and no others; null where it is not there. */
  with(commits: ReadonlySet<number>): FileState | null {
    const life = this.#lives.findLast(({ by }) => commits.has(by))
    const mode = life === undefined ? (this.#start?.mode ?? null) : life.mode
    if (mode === null) return null
    const isThere = ({ by, gone }: Line) =>
      (by === null || commits.has(by)) && (gone === null || !commits.has(gone))
    const text = this.#lines.filter(isThere).map((line) => line.text)
    return { mode, text: text.join('') }
  }

  #replace(by: number, { at, removed, added }: Hunk, needs: Set<number>): void {
    const places: number[] = []
    for (const [place, line] of this.#lines.entries()) if (line.gone === null) places.push(place)
    for (const place of places.slice(at, at + removed)) {
      const line = this.#lines[place] as Line
      line.gone = by
      if (line.by !== null) needs.add(line.by)
    }
    const last = at + removed - 1
    const place = last < 0 ? 0 : (places[last] as number) + 1
    const lines = added.map((text): Line => ({ text, by, gone: null }))
    this.#lines = [...this.#lines.slice(0, place), ...lines, ...this.#lines.slice(place)]
  }
}

/** Lines with their ends; the last one may have none. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/)
}
