const shown = 8

/**
 * Enough of an id to name it: its kind and its last characters. Ids that are made together begin with
 * the same characters, those of the time.
 */
export function shortId(id: string): string {
  const [kind, rest] = parted(id)
  return kind + rest.slice(-shown)
}

/** Whether a reference of at least four characters begins or ends the id, its kind left out or not. */
export function isMeant(id: string, reference: string): boolean {
  const [kind, rest] = parted(id)
  const part = reference.startsWith(kind) ? reference.slice(kind.length) : reference
  return part.length >= 4 && (rest.startsWith(part) || rest.endsWith(part))
}

/** `attempt_`, and what follows. */
function parted(id: string): [kind: string, rest: string] {
  const start = id.indexOf('_') + 1
  return [id.slice(0, start), id.slice(start)]
}
