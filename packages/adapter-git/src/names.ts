import { createHash } from 'node:crypto'

/**
 * A part of a branch or folder name that says which task it is for. Codes come from trackers, so
 * only letters a-z, digits and single dashes of them are used, at most 40.
 */
export function slugOf(code: string): string {
  const plain = code
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, mostOfSlug)
    .replaceAll(/^-|-$/g, '')
  return plain === '' ? 'task' : plain
}

const mostOfSlug = 40

/** A name for an id: the id itself when it is as plain as ours are, else its digest. */
export function nameOf(id: string): string {
  return /^[a-z0-9][a-z0-9_-]{0,99}$/.test(id) ? id : `x${digestOf(id)}`
}

/** The ref of the work as it was tried last. */
export function triedRefOf(attemptId: string): string {
  return `refs/cueline/tried/${nameOf(attemptId)}`
}

/** Sixteen hexadecimal digits that stand for a text. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** One line of any text, for the message of a commit. */
export function lineOf(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not get through
  const line = text.replaceAll(/[\u0000-\u001F\u007F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g, ' ')
  return Array.from(line.trim()).slice(0, mostOfLine).join('')
}

const mostOfLine = 200
