import { CuelineError, type Delivered, type DeliveryRequest } from '@cueline/core'

import { lineOf } from '../names.ts'
import { checkedId } from './checked-names.ts'
import { readPullRequest, readPullRequests } from './read-pull-request.ts'
import { forgeRepository } from './remote-url.ts'
import { runProgram } from './run-program.ts'

/** Pull requests, as a program such as `gh` makes and shows them. */
export interface Forge {
  /** The newest one from this branch for that base, whatever has become of it; null without any. */
  find(branch: string, base: string, signal: AbortSignal): Promise<Delivered | null>
  create(request: DeliveryRequest, signal: AbortSignal): Promise<Delivered>
  edit(id: string, of: Pick<DeliveryRequest, 'title' | 'body'>, signal: AbortSignal): Promise<void>
  view(id: string, signal: AbortSignal): Promise<Delivered>
}

export interface ForgeOptions {
  readonly command: readonly string[]
  readonly environment: readonly string[]
  readonly timeoutMs: number
  readonly cwd: string
  readonly url: string
}

const fields = 'number,url,state,statusCheckRollup'

export function createForge(options: ForgeOptions): Forge {
  const repository = forgeRepository(options.url)
  const where = repository === undefined ? [] : [`--repo=${repository}`]
  const ask = (args: readonly string[], signal: AbortSignal, input = '') =>
    runProgram(['pr', ...args, ...where], { ...options, signal, input })

  const view = async (id: string, signal: AbortSignal): Promise<Delivered> =>
    readPullRequest(await ask(['view', checkedId(id), `--json=${fields}`], signal))

  const find = async (branch: string, base: string, signal: AbortSignal) => {
    const query = [`--head=${branch}`, `--base=${base}`, '--state=all', '--limit=30']
    const found = readPullRequests(
      await ask(['list', ...query, `--json=${fields},isCrossRepository`], signal),
    )
    // An open one counts first, then the newest.
    const [first] = found.toSorted(
      (one, other) =>
        Number(other.state === 'open') - Number(one.state === 'open') ||
        Number(other.id) - Number(one.id),
    )
    return first ?? null
  }

  return {
    find,
    view,
    async create({ branch, base, title, body }, signal) {
      const head = [`--head=${branch}`, `--base=${base}`, `--title=${lineOf(title)}`]
      await ask(['create', ...head, '--body-file=-'], signal, body)
      // What it prints is for people; what it has made is asked for.
      const made = await find(branch, base, signal)
      if (made !== null) return made
      throw new CuelineError(
        'internal',
        `The program made a pull request from "${branch}" but does not list it. Look at the forge, then deliver again.`,
        { retryable: true, details: { branch } },
      )
    },
    async edit(id, { title, body }, signal) {
      await ask(['edit', checkedId(id), `--title=${lineOf(title)}`, '--body-file=-'], signal, body)
    },
  }
}
