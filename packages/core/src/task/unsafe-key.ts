/** Keys that change the prototype of a plain object when they are copied carelessly. */
export const unsafeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The path of the first key in `value` that may pollute a prototype, e.g. `task.resources.__proto__`,
 * or undefined. Walks without recursion, in linear time; cyclic values end.
 */
export function findUnsafeKey(value: unknown, path: string): string | undefined {
  const seen = new Set<object>()
  const open: { value: object; path: string }[] = []
  const visit = (entry: unknown, at: () => string) => {
    if (typeof entry !== 'object' || entry === null || seen.has(entry)) return
    seen.add(entry)
    open.push({ value: entry, path: at() })
  }
  visit(value, () => path)
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: parent, path: from } = next
    if (Array.isArray(parent)) {
      for (let index = 0; index < parent.length; index++) {
        visit(parent[index], () => `${from}[${index}]`)
      }
      continue
    }
    for (const key of Object.keys(parent)) {
      if (unsafeKeys.has(key)) return `${from}.${key}`
      visit((parent as Record<string, unknown>)[key], () => `${from}.${key.slice(0, 80)}`)
    }
  }
  return undefined
}
