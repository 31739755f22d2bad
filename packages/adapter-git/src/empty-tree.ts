import type { Repository } from './repository.ts'

const stored = new WeakMap<Repository, Promise<string>>()

/** The tree without files, stored once per process; refs that only have to be there name it. */
export function emptyTree(place: Repository): Promise<string> {
  const known = stored.get(place)
  if (known !== undefined) return known
  const storing = place.content(['mktree'], { input: '' }).then(({ stdout }) => stdout.trim())
  stored.set(place, storing)
  // What went wrong may go well the next time.
  storing.catch(() => stored.delete(place))
  return storing
}
