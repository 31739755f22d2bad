import type { PlanOptions, PlanWarning } from './plan.ts'
import { shown } from './shown.ts'

/**
 * Options that the planner does not have, most likely mistyped: each is a warning, with the name that was
 * probably meant. No refusal, so that options for a later version still give a plan in this one.
 */
export function unknownOptions(options: object): PlanWarning[] {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(known, name))
  const warnings = unknown.slice(0, most).map((name) => {
    const meant = Object.keys(known).find((other) => isClose(name, other))
    return warning(
      `options has ${shown(name)}, which is no option and changes nothing. ` +
        (meant === undefined
          ? `Leave it out, or give one of ${Object.keys(known).join(', ')}.`
          : `Did you mean ${meant}?`),
    )
  })
  const more = unknown.length - most
  if (more > 0) {
    warnings.push(warning(`options has ${more} more that are no options. Leave them out.`))
  }
  return warnings
}

const most = 5

const known = {
  workers: true,
  barrier: true,
  rounds: true,
  budgetMs: true,
  now: true,
  seed: true,
  resources: true,
  conflicts: true,
  inferred: true,
  allow: true,
  lanes: true,
} satisfies Record<keyof PlanOptions, true>

function warning(message: string): PlanWarning {
  return { kind: 'unknown-option', tasks: [], message }
}

/**
 * Whether one slip of the finger lies between two names, capitals aside: a letter too many, missing,
 * another or swapped with the next; or one is the beginning of the other.
 */
function isClose(given: string, name: string): boolean {
  const one = given.toLowerCase()
  const other = name.toLowerCase()
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  if (same >= 3 && (same === one.length || same === other.length)) return true
  const left = one.slice(same)
  const right = other.slice(same)
  return (
    left.slice(1) === right ||
    left === right.slice(1) ||
    left.slice(1) === right.slice(1) ||
    (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
  )
}
