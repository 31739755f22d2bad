import { redact } from '../redaction/redact.ts'
import type { Touched } from './state.ts'

/** Paths that are kept of one attempt, and UTF-16 units of all of them together. */
const mostPaths = 400
const mostText = 32_000

/**
 * What an attempt's work changed, as it is stored: every path once, in order, without secrets, cut
 * to 400 paths and 32 000 characters. `total` counts all of them.
 */
export function touchedOf(changed: readonly string[]): Touched {
  const all = [...new Set(changed)].sort()
  const paths: string[] = []
  let text = 0
  for (const path of all) {
    const kept = redact(path, [])
    text += kept.length
    if (paths.length === mostPaths || text > mostText) break
    paths.push(kept)
  }
  return { paths, total: all.length }
}
