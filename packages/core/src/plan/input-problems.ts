import type { Problem } from './plan.ts'
import { shown } from './shown.ts'

/** What is wrong with something that has to be a list; nothing when it is one. */
export function listProblems(name: string, value: unknown): Problem[] {
  return Array.isArray(value) ? [] : [invalid(`${name} is ${shown(value)}. Give a list.`)]
}

/** What is wrong with options, or anything else that has to be an object. */
export function objectProblems(name: string, value: unknown, advice = 'an object'): Problem[] {
  return isObject(value) ? [] : [invalid(`${name} is ${shown(value)}. Give ${advice}.`)]
}

/** What cannot be gone through one by one is no set of ids; a string would be taken apart. */
export function idsProblems(name: string, ids: unknown): Problem[] {
  if (typeof ids === 'object' && ids !== null && Symbol.iterator in ids) return []
  return [invalid(`${name} is ${shown(ids)}. Give the ids of tasks as a list or a set.`)]
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function invalid(message: string): Problem {
  return { kind: 'invalid-option', tasks: [], message }
}
