/** Whether a declared touch is a pattern rather than a path. */
export function isGlob(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?')
}

/**
 * Whether a path matches a glob: `*` stands for any characters but `/`, `**` for any number of
 * folders, `?` for one character but `/`. No regular expression and no recursion, so a hostile
 * pattern costs at most length of pattern × length of path.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  // One row of the table "pattern up to here matches path up to there" at a time.
  let row = new Uint8Array(path.length + 1)
  row[0] = 1
  for (let at = 0; at < pattern.length; at += 1) {
    const next = new Uint8Array(path.length + 1)
    const sign = pattern[at]!
    if (sign === '*' && pattern[at + 1] === '*') {
      const folders = pattern[at + 2] === '/'
      at += folders ? 2 : 1
      let open = 0
      for (let to = 0; to <= path.length; to += 1) {
        // `**/` matches nothing or whole folders, so it can only end where one begins.
        if (folders) {
          if (row[to] === 1) next[to] = 1
          else if (open === 1 && path[to - 1] === '/') next[to] = 1
        }
        open |= row[to]!
        if (!folders) next[to] = open
      }
    } else if (sign === '*') {
      let open = 0
      for (let to = 0; to <= path.length; to += 1) {
        if (to > 0 && path[to - 1] === '/') open = 0
        open |= row[to]!
        next[to] = open
      }
    } else {
      for (let to = 0; to < path.length; to += 1) {
        if (row[to] === 1 && (sign === path[to] || (sign === '?' && path[to] !== '/')))
          next[to + 1] = 1
      }
    }
    row = next
  }
  return row[path.length] === 1
}
