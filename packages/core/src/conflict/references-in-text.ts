/** A task named in the text of another one. */
export interface Reference {
  readonly id: string
  /** `after`: the text's task waits for the one named; `before`: the other way round. */
  readonly direction: 'after' | 'before'
  readonly confidence: number
  /** The words that were read. */
  readonly words: string
}

/** Words after which a task is named that has to be finished first. */
const after = new Set(
  'after depends depend depending requires require needs need blocked follows following once builds extends uses using consumes unblocked'.split(
    ' ',
  ),
)
/** Words after which a task is named that has to wait. */
const before = new Set('before blocks unblocks precedes enables'.split(' '))
/** Words that turn the sentence round; nothing is read from it then. */
const denying = new Set(
  'not no without independent never neither unlike instead parallel supersedes replaces duplicate'.split(
    ' ',
  ),
)
/** Words that may stand between the cue and the task, or between two tasks of a list. */
const bridging = new Set(
  'on by upon from of the a an and or to with task tasks step steps issue issues story stories item items until is are in that which'.split(
    ' ',
  ),
)
const counted = new Set('task tasks step steps issue issues story item #'.split(' '))
const bridge = 5

/**
 * Finds tasks that a text names after a word that orders them: "after T3", "depends on tasks 2, 3
 * and 4", "blocks T7". A bare number is a task only after the word task, step, issue or `#`.
 */
export function referencesIn(text: string, ids: { has(id: string): boolean }): Reference[] {
  const found: Reference[] = []
  for (const sentence of text.slice(0, 40_000).split(/[\n!?;]+|\.\s+/u)) {
    const tokens = sentence.split(/[\s,()[\]{}"'`*:]+/u).filter((token) => token !== '')
    let cue: 'after' | 'before' | undefined
    let cueAt = -1
    let gap = 0
    let numbered = false
    let denied = false
    for (const [at, token] of tokens.entries()) {
      const word = token.toLowerCase()
      if (denying.has(word) || word.endsWith("n't")) denied = true
      const id = idOf(token, ids, numbered)
      if (id !== undefined) {
        if (cue !== undefined && !denied && gap <= bridge) {
          const words = tokens
            .slice(cueAt, at + 1)
            .join(' ')
            .slice(0, 120)
          found.push({ id, direction: cue, confidence: 0.96, words })
          gap = 0
        }
        continue
      }
      if (after.has(word) || before.has(word)) {
        cue = after.has(word) ? 'after' : 'before'
        cueAt = at
        gap = 0
        numbered = false
      } else {
        gap += bridging.has(word) ? 1 : 3
        if (counted.has(word)) numbered = true
        else if (!bridging.has(word)) numbered = false
      }
    }
  }
  return found
}

function idOf(token: string, ids: { has(id: string): boolean }, numbered: boolean) {
  const bare = token.replace(/^#/u, '').replace(/[.]+$/u, '')
  if (bare === '' || !ids.has(bare)) return undefined
  const number = /^[\d.]+$/u.test(bare)
  // Ids that are words of the language (a task called "build") cannot be told from those words.
  if (!number && !/\d/u.test(bare)) return undefined
  return !number || numbered || token.startsWith('#') ? bare : undefined
}
