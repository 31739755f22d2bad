// `npm run replay -- --repository <path> [--window n] [--lanes n] [--from rev] [--json]`: cuts a window
// of a clone's history into tasks, has them planned, worked on and merged at once, and holds the result
// against the history. See docs/replay.md.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { linesOfReplay } from './lines-of-replay.ts'
import { replay } from './replay.ts'

const usage = `Usage: npm run replay -- --repository <path> [options]

  --repository <path>   a clone of yours; nothing in it is changed
  --window <n>          how many commits of its history, first parents only (default 100)
  --from <rev>          the commit after which the window starts (default: n before HEAD)
  --lanes <n>           how many agents work at once (default 4)
  --scale <ms>          real milliseconds per modelled minute of work (default 50)
  --json                the figures as one line of JSON, and nothing else on standard output
`

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (options === null) return 2
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'cueline-replay-')))
  // Whose machine this is does not matter here: no settings of its user, no signatures.
  process.env.HOME = join(scratch, 'home')
  mkdirSync(process.env.HOME)
  let shown = 0
  try {
    const judged = await replay({
      ...options,
      scratch,
      signal: stop.signal,
      progress(text) {
        const now = performance.now()
        if (!process.stderr.isTTY && now - shown < 2_000) return
        shown = now
        process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`)
      },
    })
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    console.log(options.json ? JSON.stringify(judged) : linesOfReplay(judged).join('\n'))
    return judged.equal && judged.lost.length + judged.wrongCommits.length === 0 ? 0 : 1
  } catch (error) {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    if (stop.signal.aborted) {
      console.error('Stopped; what the replay had made is removed.')
      return 130
    }
    console.error(error instanceof Error ? error.message : String(error))
    if (error instanceof AggregateError)
      for (const each of error.errors) console.error(String(each))
    return 1
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        repository: { type: 'string' },
        window: { type: 'string', default: '100' },
        from: { type: 'string' },
        lanes: { type: 'string', default: '4' },
        scale: { type: 'string', default: '50' },
        json: { type: 'boolean', default: false },
      },
    })
    const { repository, from, json } = values
    if (repository === undefined) throw new Error('--repository is missing.')
    return {
      repository: resolve(repository),
      from,
      json,
      size: wholeNumber('--window', values.window, 1_000),
      lanes: wholeNumber('--lanes', values.lanes, 64),
      msPerMinute: wholeNumber('--scale', values.scale, 60_000),
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return null
  }
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
  throw new Error(`${option} is "${text}": give a whole number from 1 to ${most}.`)
}
