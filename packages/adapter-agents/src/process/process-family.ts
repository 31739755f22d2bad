import { listProcesses, startedBefore, startedWith, type ProcessEntry } from './list-processes.ts'

/** What identifies everything that one command has started. */
export interface FamilyMark {
  /**
   * The first process, leader of a session and group of its own; `started` is null when it had
   * ended before anybody could look.
   */
  readonly root: { readonly pid: number; readonly started: string | null } | null
  /** The `NAME=value` that all of them inherit in their environment. */
  readonly cookie: string
}

/**
 * A command's processes: the group it leads, everybody's descendants, and whoever carries the
 * cookie in the environment - which finds those that made a session of their own and lost their
 * parent. On systems without /proc, group and descendants are all there is to go by.
 */
export interface ProcessFamily {
  /** Those alive now. */
  members(): Promise<readonly ProcessEntry[]>
  /**
   * Ends them all: SIGTERM, after `graceMs` SIGKILL, and again for whoever appeared meanwhile, until
   * nobody is left. Resolves with those that did not end within `patienceMs` after the first
   * SIGKILL, which only a process stuck in the kernel or of another user can bring about.
   */
  end(graceMs: number, patienceMs?: number): Promise<readonly ProcessEntry[]>
}

const firstPauseMs = 2
const longestPauseMs = 50

export function processFamily({ root, cookie }: FamilyMark): ProcessFamily {
  /** Members seen before: they stay members when their parent is gone. */
  const known = new Map<number, string>()

  const belongs = (entry: ProcessEntry): boolean => {
    if (known.get(entry.pid) === entry.started) return true
    if (root === null) return startedWith(entry.pid, cookie)
    if (entry.group === root.pid || entry.session === root.pid) return true
    // Nobody older than the first process can be its offspring: spares most of the reading.
    if (root.started !== null && startedBefore(entry.started, root.started)) return false
    return startedWith(entry.pid, cookie)
  }

  const members = async (): Promise<readonly ProcessEntry[]> => {
    const all = await listProcesses()
    const found = new Map<number, ProcessEntry>()
    for (const entry of all) {
      if (entry.pid !== process.pid && belongs(entry)) found.set(entry.pid, entry)
    }
    // Under the id of the first process, but started at another time: somebody else by now.
    if (root !== null && found.get(root.pid)?.started !== root.started) found.delete(root.pid)
    addDescendants(found, all)
    for (const entry of found.values()) known.set(entry.pid, entry.started)
    return [...found.values()]
  }

  const untilGone = async (withinMs: number): Promise<readonly ProcessEntry[]> => {
    const until = performance.now() + withinMs
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      const left = await members()
      const remaining = until - performance.now()
      if (left.length === 0 || remaining <= 0) return left
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, remaining)))
    }
  }

  return {
    members,
    async end(graceMs, patienceMs = 30_000) {
      let left = await members()
      if (left.length > 0 && graceMs > 0) {
        signal(left, 'SIGTERM')
        left = await untilGone(graceMs)
      }
      const giveUpAt = performance.now() + patienceMs
      while (left.length > 0 && performance.now() < giveUpAt) {
        signal(left, 'SIGKILL')
        left = await untilGone(longestPauseMs)
      }
      return left
    },
  }
}

function addDescendants(found: Map<number, ProcessEntry>, all: readonly ProcessEntry[]): void {
  if (found.size === 0) return
  const children = new Map<number, ProcessEntry[]>()
  for (const entry of all) {
    const siblings = children.get(entry.parent)
    if (siblings === undefined) children.set(entry.parent, [entry])
    else siblings.push(entry)
  }
  const toVisit = [...found.keys()]
  for (let pid = toVisit.pop(); pid !== undefined; pid = toVisit.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (found.has(child.pid)) continue
      found.set(child.pid, child)
      toVisit.push(child.pid)
    }
  }
}

function signal(entries: readonly ProcessEntry[], name: 'SIGTERM' | 'SIGKILL'): void {
  for (const { pid } of entries) {
    try {
      process.kill(pid, name)
    } catch {
      // It has ended by itself, or belongs to another user: the next look tells.
    }
  }
}
