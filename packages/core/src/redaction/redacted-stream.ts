import { redact } from './redact.ts'

/** Characters that may be held back; no common token is longer. */
const mostHeld = 4_096

export interface RedactedStream {
  add(text: string): void
  /** Gives out what was held back; more may be added after it. */
  flush(): void
}

/**
 * `redact` for a text that comes in pieces: a secret that is cut in two by the border of a piece is
 * hidden too. What might be the beginning of one is held back - the last word, a header, the
 * beginning of a key - until more comes or `flush`.
 */
export function redactedStream(
  secrets: readonly string[],
  emit: (text: string) => void,
): RedactedStream {
  const longest = secrets.reduce((most, { length }) => Math.max(most, length), 0)
  const limit = Math.max(mostHeld, longest * 2)
  let held = ''
  const give = (length: number) => {
    const text = redact(held.slice(0, length), secrets)
    held = held.slice(length)
    if (text !== '') emit(text)
  }
  return {
    add(text) {
      held += text
      const end = endOfSafe(held, secrets)
      if (end > 0) give(end)
      if (held.length > limit) give(held.length)
    },
    flush() {
      give(held.length)
    },
  }
}

/** Up to here nothing of the text can be a part of a secret that goes on beyond its end. */
function endOfSafe(text: string, secrets: readonly string[]): number {
  let end = Math.min(startOfLastWord(text), startOfHeader(text), startOfKey(text))
  for (const secret of secrets) end = Math.min(end, startOfPart(text, secret))
  // What was found whole must not be cut where something else is held back.
  for (let moved = true; moved;) {
    moved = false
    for (const secret of secrets) {
      const start = text.lastIndexOf(secret, end - 1)
      if (secret === '' || end === 0 || start < 0 || start + secret.length <= end) continue
      end = start
      moved = true
    }
  }
  return end
}

function startOfLastWord(text: string): number {
  let start = text.length
  while (start > 0 && !isSpace(text.charCodeAt(start - 1))) start -= 1
  return start
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13)
}

const dashes = '-----'
const endOfKey = `${dashes}END `

/** A header is over with its line. */
function startOfHeader(text: string): number {
  const line = text.lastIndexOf('\n') + 1
  const at = text.slice(line).search(/authorization/i)
  return at < 0 ? text.length : line + at
}

function startOfKey(text: string): number {
  const start = text.lastIndexOf('-----BEGIN ')
  if (start < 0) return text.length
  const end = text.indexOf(endOfKey, start)
  const close = end < 0 ? -1 : text.indexOf(dashes, end + endOfKey.length)
  // Its last word is held back, and it must not be cut.
  const isOver = close >= 0 && close + dashes.length <= startOfLastWord(text)
  return isOver ? text.length : start
}

/** Where a beginning of this secret stands at the end of the text. */
function startOfPart(text: string, secret: string): number {
  for (let start = Math.max(0, text.length - secret.length + 1); start < text.length; start += 1) {
    if (text[start] === secret[0] && secret.startsWith(text.slice(start))) return start
  }
  return text.length
}
