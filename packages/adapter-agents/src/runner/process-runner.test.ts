import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Outcome, Runner } from '@cueline/core'
import { exampleBrief, recordedContext } from '@cueline/core/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { findProcess, machineId } from '../process/list-processes.ts'
import { processRunner, type ProcessRunnerOptions } from './process-runner.ts'

let place: string
let workspace: string
let stateFolder: string

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'process-runner-test-'))
  workspace = join(place, 'workspace')
  stateFolder = join(place, 'state')
  mkdirSync(workspace)
})

afterEach(() => {
  const left = filesIn(stateFolder)
  if (left.length > 0) throw new Error(`Records of processes are left: ${left.join(', ')}`)
  rmSync(place, { recursive: true, force: true })
})

/** A runner whose agent is a few lines of JavaScript. */
function agent(script: string, options: Partial<ProcessRunnerOptions> = {}): Runner {
  const prelude = `
    const fs = require('node:fs'), { spawn } = require('node:child_process')
    const result = (value) => fs.writeFileSync(process.env.CUELINE_RESULT, JSON.stringify(value))
    const brief = () => JSON.parse(fs.readFileSync(process.env.CUELINE_CONTEXT, 'utf8'))
    const progress = (text) => console.log(JSON.stringify({ cueline: { progress: text } }))
  `
  return processRunner({
    command: [process.execPath, '-e', prelude + script],
    stateFolder,
    graceMs: 200,
    ...options,
  })
}

const brief = (change: Parameters<typeof exampleBrief>[0] = {}) =>
  exampleBrief({ workspace: { path: workspace }, ...change })

const run = (runner: Runner, answers: readonly string[] = []): Promise<Outcome> =>
  runner.run(brief(), recordedContext(answers).context)

/** A context that tells when the first line of progress has arrived. */
function watchedContext() {
  const recorded = recordedContext()
  const heard = Promise.withResolvers<string>()
  const report = { ...recorded.context.report, progress: heard.resolve }
  return { ...recorded, context: { ...recorded.context, report }, heard: heard.promise }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

async function alive(pids: readonly number[]): Promise<number[]> {
  const found = await Promise.all(pids.map((pid) => findProcess(pid)))
  return pids.filter((_pid, index) => found[index] !== null)
}

/** Starts processes that try to survive, then tells their ids. */
const family = `
  process.on('SIGTERM', () => {})
  const stay = "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)"
  const child = spawn(process.execPath, ['-e', stay], { stdio: 'ignore' })
  const escaped = spawn(process.execPath, ['-e', stay], { stdio: 'ignore', detached: true })
  const orphan = spawn(process.execPath, ['-e',
    "const c = require('node:child_process').spawn(process.execPath, ['-e', " + JSON.stringify(stay) +
    "], { stdio: 'ignore', detached: true }); c.unref(); console.log(c.pid); process.exit()"])
  orphan.stdout.on('data', (text) => {
    progress([process.pid, child.pid, escaped.pid, Number(text)].join(' '))
    ready()
  })
`

describe('the protocol between the process runner and its agent [S2-05]', () => {
  it('gives the whole brief by file and standard input, and takes the result file', async () => {
    const runner = agent(`
      const { task, fence } = brief()
      const prompt = fs.readFileSync(0, 'utf8')
      const same = prompt === fs.readFileSync(process.env.CUELINE_PROMPT, 'utf8')
      const { CUELINE_TASK, CUELINE_FENCE } = process.env
      result({ status: 'completed', summary: [task.code, fence, same, CUELINE_TASK, CUELINE_FENCE, process.cwd()].join() })
    `)
    expect(await run(runner)).toEqual({
      status: 'completed',
      summary: `example,1,true,example,1,${workspace}`,
    })
  })

  it('gets the variables of the workspace, and hides the secrets among them', async () => {
    const script = `if (JSON.stringify(brief()).includes('of-this')) throw 1; console.log(process.env.PORT, process.env.DB_PASSWORD)`
    const env = { PORT: '20001', DB_PASSWORD: 'of-this-workspace' }
    const { context, output } = recordedContext()
    const given = brief({ workspace: { path: workspace, env } })
    const outcome = await agent(script, { env: { PORT: '3000' } }).run(given, context)
    expect(outcome).toMatchObject({
      status: 'completed',
      summary: expect.stringMatching(/^20001 /),
    })
    expect(JSON.stringify([outcome, output])).not.toContain('of-this-workspace')
  })

  it('takes exit code 0 without a result file as a claim, with the last line as summary', async () => {
    const runner = agent(`console.log('started'); console.log('wrote two files\\n')`)
    expect(await run(runner)).toEqual({ status: 'completed', summary: 'wrote two files' })
  })

  it('asks, and starts the same command again with the answer', async () => {
    const recorded = recordedContext(['blue', 'yes'])
    const runner = agent(`
      const { answers } = brief()
      const asks = ['Which colour?', 'Sure?']
      if (answers.length < asks.length) result({ status: 'waiting', ask: { text: asks[answers.length], kind: 'question' } })
      else result({ status: 'completed', summary: answers.map((each) => each.answer).join() })
    `)
    const outcome = await runner.run(brief(), recorded.context)
    expect(outcome).toEqual({ status: 'completed', summary: 'blue,yes' })
    expect(recorded.questions).toEqual(['Which colour?', 'Sure?'])
  })

  it('ends an attempt that asks for ever', async () => {
    const runner = agent(`result({ status: 'waiting', ask: { text: 'Again?' } })`, {
      maxQuestions: 2,
    })
    const outcome = await run(runner, ['a', 'b', 'c'])
    expect(outcome).toMatchObject({ status: 'failed', class: 'invalid-output' })
  })

  it('passes on failures and hand-overs', async () => {
    const limited = agent(
      `result({ status: 'failed', class: 'rate-limit', message: 'slow down', retryAfterMs: 5 }); process.exit(2)`,
    )
    const yielding = agent(`result({ status: 'yielded', summary: 'budget spent' })`)
    expect(await run(limited)).toMatchObject({ class: 'rate-limit', retryAfterMs: 5 })
    expect(await run(yielding)).toEqual({ status: 'yielded', reason: 'budget spent' })
  })

  it('says its session, and is started again with it after an answer', async () => {
    const recorded = recordedContext(['blue'])
    const runner = agent(`
      const { answers, session } = brief()
      if (answers.length === 0) {
        console.log(JSON.stringify({ cueline: { session: 'thread-1' } }))
        result({ status: 'waiting', ask: { text: 'Which colour?' } })
      } else result({ status: 'completed', summary: [session, process.env.CUELINE_SESSION].join(), session: 'thread-2' })
    `)
    const outcome = await runner.run(brief(), recorded.context)
    expect(outcome).toEqual({ status: 'completed', summary: 'thread-1,thread-1' })
    expect(recorded.sessions).toEqual(['thread-1', 'thread-2'])
  })

  it('goes on with a session by a command of its own, as one argument', async () => {
    const script = "console.log(process.argv.slice(1).join(' | '))"
    const runner = processRunner({
      command: [process.execPath, '-e', script, 'new'],
      resumeCommand: [process.execPath, '-e', script, '--', '--resume={session}', '{session}'],
      stateFolder,
    })
    expect(await run(runner)).toMatchObject({ summary: 'new' })
    const session = "$&'; touch x"
    const { context } = recordedContext()
    expect(await runner.run(brief({ session }), context)).toMatchObject({
      summary: `--resume=${session} | ${session}`,
    })
    expect(readdirSync(workspace)).toEqual([])
  })

  it('refuses a command for resuming that could not resume', () => {
    expect(() =>
      processRunner({ command: ['agent'], resumeCommand: ['agent', '--resume'], stateFolder }),
    ).toThrow('has no argument with {session}, so the agent would begin anew')
  })

  it.each([
    ['a number', '7', '"session" is 7, which is no id of a session: it is no text'],
    ['an option', `'--yes'`, 'it starts with "-"'],
  ])('does not take %s for a session', async (_name, session, why) => {
    const outcome = await run(agent(`result({ status: 'completed', session: ${session} })`))
    expect(outcome).toMatchObject({ status: 'failed', class: 'invalid-output' })
    expect(outcome).toHaveProperty('message', expect.stringContaining(why))
  })

  it('does not mind lines for us that say nothing', async () => {
    const recorded = recordedContext()
    const odd = ['{"cueline":{"session":7}}', '{"cueline":null}', '{"cueline":{"session":""}}']
    const runner = agent(`for (const line of ${JSON.stringify(odd)}) console.log(line)`)
    expect(await runner.run(brief(), recorded.context)).toMatchObject({ status: 'completed' })
    expect(recorded.sessions).toEqual([])
  })

  it('reports progress lines and output as they come', async () => {
    const recorded = recordedContext()
    const runner = agent(`progress('half way'); console.error('näh'); console.log('{"cueline":7}')`)
    await runner.run(brief(), recorded.context)
    const texts = (stream: string) =>
      recorded.output
        .filter((each) => each.stream === stream)
        .map((each) => each.text)
        .join('')
    expect(recorded.progress).toEqual(['half way'])
    expect(texts('stderr')).toBe('näh\n')
    expect(texts('stdout')).toContain('half way')
  })

  it('inherits only what is allowed', async () => {
    process.env.CUELINE_TEST_SECRET = 'hush'
    try {
      const runner = agent(
        `console.log(Object.keys(process.env).filter((name) => !name.startsWith('CUELINE_') && name !== 'CUELINE_TEST_SECRET').sort().join() + (process.env.CUELINE_TEST_SECRET ?? '') + process.env.EXTRA)`,
        { inheritEnv: ['PATH'], env: { EXTRA: ' given' } },
      )
      expect(await run(runner)).toMatchObject({ summary: 'EXTRA,PATH given' })
    } finally {
      delete process.env.CUELINE_TEST_SECRET
    }
  })

  it('keeps attempts apart that run at once', async () => {
    const runner = agent(
      `setTimeout(() => result({ status: 'completed', summary: brief().task.code }), 20)`,
    )
    const codes = ['a', 'b', 'c', 'd']
    const outcomes = await Promise.all(
      codes.map((code) => runner.run(brief({ task: { code } }), recordedContext().context)),
    )
    expect(outcomes.map((each) => 'summary' in each && each.summary)).toEqual(codes)
  })
})

describe('what agents do wrong [S3-10]', () => {
  it('counts any other exit code as a crash, with the end of its errors', async () => {
    const runner = agent(`
      result({ status: 'completed', summary: 'all done' })
      console.error('x'.repeat(100000) + '\\ncannot read the moon'); process.exitCode = 3`)
    const outcome = await run(runner)
    expect(outcome).toMatchObject({ status: 'failed', class: 'agent-crash' })
    expect(outcome).toHaveProperty(
      'message',
      expect.stringMatching(/code 3: cannot read the moon$/),
    )
    expect((outcome as { evidence: string }).evidence.length).toBeLessThan(5000)
  })

  it('counts a death by signal as a crash', async () => {
    const outcome = await run(agent(`process.kill(process.pid, 'SIGKILL')`))
    expect(outcome).toMatchObject({ class: 'agent-crash' })
    expect(outcome).toHaveProperty('message', expect.stringContaining('SIGKILL'))
  })

  it.each([
    ['no JSON', `fs.writeFileSync(process.env.CUELINE_RESULT, '{"status":')`, 'it is no JSON'],
    ['a list', `result([])`, 'instead of an object'],
    ['an unknown status', `result({ status: 'done' })`, '"status" is "done"'],
    ['a waiting without question', `result({ status: 'waiting' })`, '"ask" is missing'],
    [
      'an invented class',
      `result({ status: 'failed', class: 'toString' })`,
      '"class" is "toString"',
    ],
    ['a folder', `fs.mkdirSync(process.env.CUELINE_RESULT)`, 'no regular file'],
    ['a link', `fs.symlinkSync('/etc/hostname', process.env.CUELINE_RESULT)`, 'cannot be read'],
    [
      'a pipe',
      `require('node:child_process').execFileSync('mkfifo', [process.env.CUELINE_RESULT])`,
      'no regular file',
    ],
    [
      'too much',
      `fs.writeFileSync(process.env.CUELINE_RESULT, ' '.repeat(2 ** 20 + 1))`,
      '1 MiB is the limit',
    ],
  ])('calls %s an invalid result file, and says why', async (_name, script, why) => {
    const outcome = await run(agent(script))
    expect(outcome).toMatchObject({ status: 'failed', class: 'invalid-output' })
    expect(outcome).toHaveProperty('message', expect.stringContaining(why))
    expect(outcome).toHaveProperty('message', expect.stringContaining('result.json'))
  })

  it('names a command that does not exist, and what to do', async () => {
    const runner = processRunner({ command: ['no-such-agent-anywhere'], stateFolder })
    const outcome = await run(runner)
    expect(outcome).toMatchObject({ status: 'failed', class: 'permanent' })
    expect(outcome).toHaveProperty(
      'message',
      expect.stringMatching(/"no-such-agent-anywhere" was not found; install it/),
    )
  })

  it('tells a missing folder and a file that may not run from a missing command', async () => {
    const lost = agent('', { cwd: join(place, 'gone') })
    expect(await run(lost)).toHaveProperty('message', expect.stringContaining('gone'))
    const file = join(place, 'plain.txt')
    writeFileSync(file, 'text')
    chmodSync(file, 0o644)
    const plain = processRunner({ command: [file], stateFolder })
    expect(await run(plain)).toHaveProperty('message', expect.stringContaining('chmod +x'))
  })

  it.each([[[]], [['']], [['a\0b']], ['node agent.js' as never]])(
    'refuses %j as a command before anything runs',
    (command) => {
      expect(() => processRunner({ command, stateFolder })).toThrow(/argument array/)
    },
  )

  it('does not mind an agent that never reads its prompt', async () => {
    const runner = agent(`console.log('deaf'); process.exit(0)`)
    const description = 'x'.repeat(5_000_000)
    const outcome = await runner.run(brief({ task: { description } }), recordedContext().context)
    expect(outcome).toEqual({ status: 'completed', summary: 'deaf' })
  })

  it('keeps a bounded part of a flood of output and counts the rest', async () => {
    const recorded = recordedContext()
    const megabytes = 60
    const runner = agent(
      `const piece = 'ä'.repeat(500000) + '\\n'; let n = 0
       const more = () => { while (n++ < ${megabytes}) if (!process.stdout.write(piece)) return process.stdout.once('drain', more); n = 1e9 }
       more()`,
      { outputLimitBytes: 10_001 },
    )
    expect(await runner.run(brief(), recorded.context)).toMatchObject({ status: 'completed' })
    const texts = recorded.output.map((each) => each.text)
    expect(Buffer.byteLength(texts.join(''))).toBeLessThan(10_200)
    expect(texts.join('')).not.toContain('\uFFFD')
    expect(texts.at(-2)).toContain('output cut here: 10001 bytes')
    expect(texts.at(-1)).toContain(
      `[${megabytes * 1_000_001 - 10_001} bytes of output were not kept]`,
    )
  })

  it('takes hostile codes as data', async () => {
    const code = '../../etc\n$(touch x)\0;`id`'
    const runner = agent(
      `console.log(JSON.stringify([brief().task.code, process.env.CUELINE_TASK]))`,
    )
    const outcome = await runner.run(brief({ task: { code } }), recordedContext().context)
    const [inFile, inEnvironment] = JSON.parse((outcome as { summary: string }).summary)
    expect([inFile, inEnvironment]).toEqual([code, code.replace('\0', '')])
    expect(readdirSync(workspace)).toEqual([])
  })
})

describe('ending an agent and all that it has started [S3-10]', () => {
  it('is gone with children, escaped sessions and orphans when it is aborted', async () => {
    const { context, controller, heard } = watchedContext()
    const outcome = agent(`const ready = () => {}; ${family}`).run(brief(), context)
    const pids = (await heard).split(' ').map(Number)
    expect(await alive(pids)).toEqual(pids)
    controller.abort(new Error('cancelled by hand'))
    await expect(outcome).rejects.toThrow('cancelled by hand')
    expect(await alive(pids)).toEqual([])
  })

  it('is stopped when its time is over', async () => {
    // Time enough to start a family, however busy the machine is.
    for (let timeoutMs = 600; ; timeoutMs *= 2) {
      const { context, heard } = watchedContext()
      const runner = agent(`const ready = () => {}; ${family}`, { timeoutMs })
      const outcome = await runner.run(brief(), context)
      expect(outcome).toMatchObject({ status: 'failed', class: 'timeout' })
      const told = await Promise.race([heard, Promise.resolve('')])
      expect(await alive(told.split(' ').filter(Boolean).map(Number))).toEqual([])
      if (told !== '') break
    }
  })

  it('leaves nothing running when it ends by itself', async () => {
    const { context, heard } = watchedContext()
    const runner = agent(`const ready = () => process.exit(0); ${family}`)
    expect(await runner.run(brief(), context)).toMatchObject({ status: 'completed' })
    expect(await alive((await heard).split(' ').map(Number))).toEqual([])
  })

  it('does not start when it is aborted already', async () => {
    const { context, controller } = recordedContext()
    controller.abort(new Error('too late'))
    await expect(agent(`fs.writeFileSync('started', '')`).run(brief(), context)).rejects.toThrow(
      'too late',
    )
    expect(readdirSync(workspace)).toEqual([])
  })

  it('survives 20 aborts at random moments without a survivor', async () => {
    for (let trial = 0; trial < 20; trial += 1) {
      const { context, controller } = recordedContext()
      const pids = join(place, `pids-${trial}`)
      const runner = agent(
        `const note = (pid) => fs.appendFileSync(${JSON.stringify(pids)}, pid + ' ')
         note(process.pid)
         for (let i = 0; i < 3; i += 1) note(spawn('sleep', ['1000'], { stdio: 'ignore', detached: i % 2 === 0 }).pid)
         process.on('SIGTERM', () => note(spawn('sleep', ['1000'], { stdio: 'ignore', detached: true }).pid))
         setInterval(() => {}, 1000)`,
        { graceMs: 20 },
      )
      const outcome = runner.run(brief(), context)
      // The moment is what is under test: anywhere between before the spawn and a full family.
      setTimeout(() => controller.abort(new Error('enough')), trial * 6)
      await expect(outcome).rejects.toThrow('enough')
      const noted = filesIn(place).includes(`pids-${trial}`) ? readFileSync(pids, 'utf8') : ''
      expect(await alive(noted.split(' ').filter(Boolean).map(Number))).toEqual([])
    }
  })
})

describe('after the engine was killed [S3-10]', () => {
  const engineScript = (agentScript: string, onProgress: string) => `
    import { processRunner } from ${JSON.stringify(new URL('./process-runner.ts', import.meta.url).href)}
    const runner = processRunner({
      command: [process.execPath, '-e', ${JSON.stringify(agentScript)}],
      stateFolder: ${JSON.stringify(stateFolder)},
    })
    const brief = ${JSON.stringify(brief())}
    const report = { output() {}, progress: ${onProgress}, ask: () => new Promise(() => {}) }
    await runner.run(brief, { signal: new AbortController().signal, report })
  `
  const startEngine = (agentScript: string, onProgress = 'console.log') =>
    spawn(
      process.execPath,
      [
        '--conditions=cueline-source',
        '--input-type=module',
        '-e',
        engineScript(agentScript, onProgress),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
  const endless = `
    const { spawn } = require('node:child_process')
    const progress = (text) => console.log(JSON.stringify({ cueline: { progress: text + ' ' + process.env.CUELINE_RESULT } }))
    const ready = () => {}; ${family}
  `
  const firstLine = async (engine: ReturnType<typeof startEngine>) =>
    String((await once(engine.stdout as NodeJS.ReadableStream, 'data'))[0])
      .trim()
      .split(' ')

  it('recover ends what it had running, and spares what a living engine runs', async () => {
    const [dead, living] = [startEngine(endless), startEngine(endless)]
    const [ofDead, ofLiving] = await Promise.all([firstLine(dead), firstLine(living)])
    const deadPids = ofDead.slice(0, 4).map(Number)
    const livingPids = ofLiving.slice(0, 4).map(Number)
    dead.kill('SIGKILL')
    await once(dead, 'exit')
    expect(await alive(deadPids)).toEqual(deadPids)

    await agent('').recover?.()
    expect(await alive(deadPids)).toEqual([])
    expect(filesIn(join(ofDead[4] as string, '..'))).toEqual([])
    expect(await alive(livingPids)).toEqual(livingPids)

    living.kill('SIGKILL')
    await once(living, 'exit')
    await agent('').recover?.()
    expect(await alive(livingPids)).toEqual([])
    expect(filesIn(join(ofLiving[4] as string, '..'))).toEqual([])
  })

  it('nothing goes on when the engine just exits', async () => {
    const engine = startEngine(endless, '(text) => (console.log(text), process.exit(0))')
    const [line] = await Promise.all([firstLine(engine), once(engine, 'exit')])
    const [agentPid, child] = line.slice(0, 2).map(Number)
    await vi.waitUntil(async () => (await alive([agentPid, child] as number[])).length === 0)
    // Those that left the group are found by the next engine.
    await agent('').recover?.()
    expect(await alive(line.slice(0, 4).map(Number))).toEqual([])
  })

  it('recover believes no record that others could have written', async () => {
    mkdirSync(stateFolder)
    chmodSync(stateFolder, 0o777)
    const cookie = '00000000-0000-4000-8000-000000000000'
    const victim = spawn('sleep', ['1000'], { detached: true })
    const entry = await findProcess(victim.pid as number)
    const root = { pid: victim.pid, started: entry?.started }
    const record = {
      machine: machineId(),
      engine: { pid: 4_000_000, started: '1' },
      cookie,
      root,
      scratch: null,
    }
    writeFileSync(join(stateFolder, `${cookie}.json`), JSON.stringify(record))
    await agent('').recover?.()
    expect(await alive([victim.pid as number])).toEqual([victim.pid])
    await expect(run(agent(''))).rejects.toThrow(/belongs to somebody else or others may write it/)
    chmodSync(stateFolder, 0o700)
    await agent('').recover?.()
    expect(await alive([victim.pid as number])).toEqual([])
  })
})
