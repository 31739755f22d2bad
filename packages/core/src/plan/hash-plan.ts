import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

import type { Plan } from './plan.ts'

/** SHA-256, in hex, of the plan as canonical JSON: keys sorted, so equal plans have equal hashes wherever they were stored. */
export function hashPlan(plan: Plan): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(plan, withSortedKeys))))
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  )
}
