/** What a suite needs of a test runner; vitest's, Jest's and node:test's functions fit. */
export interface TestFramework {
  readonly describe: (name: string, body: () => void) => void
  readonly it: (name: string, body: () => Promise<void>) => void
  /** A test that must fail: a gap that has closed turns the suite red. */
  readonly fails: (name: string, body: () => Promise<void>) => void
}

/** Cases that an implementation cannot pass: the id of the case and the reason. */
export type KnownGaps = Readonly<Record<string, string>>

export interface ContractCase<Subject> {
  /** Stable: gaps and reports name it. */
  readonly id: string
  /** What a user of the port can rely on. */
  readonly title: string
  readonly run: (subject: Subject) => Promise<void>
}

export interface Contract<Subject> {
  readonly name: string
  readonly cases: readonly ContractCase<Subject>[]
  /** A fresh subject for each case. */
  readonly create: () => Promise<Subject> | Subject
  /** Called after each case, also after a failed one. */
  readonly destroy?: (subject: Subject) => Promise<void> | void
  readonly knownGaps?: KnownGaps | undefined
}

/**
 * Registers one test per case, titled with its id.
 * @throws Error for a known gap that names no case.
 */
export function registerContract<Subject>(
  { describe, it, fails }: TestFramework,
  { name, cases, create, destroy, knownGaps = {} }: Contract<Subject>,
): void {
  const gaps = new Map(Object.entries(knownGaps))
  const ids = new Set(cases.map((each) => each.id))
  for (const id of gaps.keys()) {
    if (!ids.has(id)) {
      throw new Error(
        `The known gap "${id}" is no case of the ${name} suite; remove or correct it.`,
      )
    }
  }
  describe(`${name} contract`, () => {
    for (const { id, title, run } of cases) {
      const body = async () => {
        const subject = await create()
        try {
          await run(subject)
        } finally {
          await destroy?.(subject)
        }
      }
      const gap = gaps.get(id)
      if (gap === undefined) it(`${id}: ${title}`, body)
      else fails(`${id}: ${title} (known gap: ${gap})`, body)
    }
  })
}

/** The promise's value, or an error when it takes longer; only ever bounds a hang. */
export async function within<Value>(
  ms: number,
  promise: Promise<Value>,
  what: string,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not settle within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What came of a promise, without throwing. */
export async function settled<Value>(
  promise: Promise<Value>,
): Promise<{ readonly value: Value } | { readonly error: unknown }> {
  try {
    return { value: await promise }
  } catch (error) {
    return { error }
  }
}
