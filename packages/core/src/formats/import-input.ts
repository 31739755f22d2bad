import { CuelineError } from '../error.ts'

/** One document, or the text files of a folder with their paths relative to it. */
export type ImportInput =
  | { readonly name: string; readonly text: string }
  | { readonly files: readonly ImportFile[] }

export interface ImportFile {
  readonly path: string
  readonly text: string
}

/** What is read at most, in characters: JSON and JSONL; Markdown and YAML; files of a folder. */
export const importLimits = { text: 64 * 1_048_576, prose: 16 * 1_048_576, files: 100_000 } as const

/**
 * @throws CuelineError `invalid-input` when the text is empty, too large or no text at all. The
 *   message says what was seen and what to give instead.
 */
export function checkText(name: string, text: string, limit: number): void {
  if (text.trim() === '') throw unreadable(name, 'is empty', 'Give a file that holds a plan')
  if (text.length > limit) {
    throw unreadable(
      name,
      `has ${text.length} characters; at most ${limit} are read`,
      'Split it into smaller plans',
    )
  }
  const strange = strangeCharacters(text)
  if (strange.nul || strange.share > 0.1) {
    const seen = JSON.stringify(text.slice(0, 16))
    throw unreadable(
      name,
      `is no text: it starts with ${seen}`,
      'Give a plan as UTF-8 text: Markdown, JSON, JSONL or YAML',
    )
  }
}

/** An input nobody can read, in the words of a person: what it is, what was seen, what to do. */
export function unreadable(
  name: string,
  seen: string,
  next: string,
  cause?: unknown,
): CuelineError {
  const shown = name.length > 200 ? `…${name.slice(-200)}` : name
  return new CuelineError('invalid-input', `${shown} ${seen}. ${next}.`, {
    details: { name: shown },
    ...(cause === undefined ? {} : { cause }),
  })
}

function strangeCharacters(text: string): { nul: boolean; share: number } {
  const sample = Math.min(text.length, 65_536)
  let strange = 0
  for (let index = 0; index < sample; index++) {
    const code = text.charCodeAt(index)
    const control = code < 32 && code !== 9 && code !== 10 && code !== 13 && code !== 12
    if (control || code === 0xfffd) strange++
  }
  return { nul: text.includes('\0'), share: strange / Math.max(1, sample) }
}
