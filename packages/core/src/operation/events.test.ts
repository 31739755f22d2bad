import { describe, expect, it } from 'vitest'

import type { StoredEvent } from '../event/event.ts'
import { tinyWorld } from '../testing/tiny-world.ts'

async function askedWorld() {
  const world = await tinyWorld({
    tasks: { A: [], B: ['A'] },
    runner: async ({ task }, { report }) => {
      if (task.code === 'A') await report.ask({ text: 'How much?' })
    },
  })
  const { cueline, projectId } = world
  cueline.on('event', (event) => {
    if (event.type !== 'request.opened') return
    void cueline.requests.answer({ requestId: event.request.id, answer: 'plenty', by: 'ada' })
  })
  await cueline.run({ projectId, workers: 1 })
  return world
}

const types = (events: readonly StoredEvent[]) => events.map(({ type }) => type)

describe('the end of a log [S1-08]', () => {
  it('is told by the sequence of the newest event, to go on from there', async () => {
    const { cueline, projectId } = await askedWorld()
    const all = await cueline.events.after({ projectId })
    const { cursor } = await cueline.events.cursor({ projectId })
    expect(cursor).toBe(all.at(-1)?.sequence)
    expect(await cueline.events.after({ projectId, cursor })).toEqual([])
  })
})

describe('the activity of a task or a worker [S1-08]', () => {
  it('is every event about the task, its attempts and its questions, and of no other', async () => {
    const { cueline, projectId } = await askedWorld()
    const all = await cueline.events.after({ projectId })
    const ofA = await cueline.events.after({ projectId, task: 'A' })
    expect(types(ofA)).toEqual(
      expect.arrayContaining([
        'tasks.added',
        'tasks.staged',
        'work.released',
        'attempt.started',
        'request.opened',
        'attempt.waiting',
        'request.answered',
        'attempt.verifying',
        'attempt.succeeded',
      ]),
    )
    const b = (await cueline.tasks.get({ projectId, task: 'B' })).task.id
    expect(ofA.filter((event) => 'taskId' in event && event.taskId === b)).toEqual([])
    expect(ofA.find(({ type }) => type === 'request.answered')).toMatchObject({ actor: 'ada' })
    const ofB = await cueline.events.after({ projectId, task: b })
    const told = new Set([...ofA, ...ofB].map(({ sequence }) => sequence))
    const untold = all.filter(({ sequence }) => !told.has(sequence)).map(({ type }) => type)
    expect(untold.filter((type) => /^(task|attempt|request|work)\./.test(type))).toEqual([])
    expect(ofA.every(({ at, actor }) => at >= 0 && actor !== '')).toBe(true)
  })

  it('is, of a worker, its coming, its attempts and what they asked', async () => {
    const { cueline, projectId } = await askedWorld()
    const registered = (await cueline.events.after({ projectId })).flatMap((event) =>
      event.type === 'worker.registered' ? [event] : [],
    )
    const [first] = registered
    const own = await cueline.events.after({ projectId, worker: first!.workerId })
    expect(own[0]).toMatchObject({ type: 'worker.registered', workerId: first!.workerId })
    expect(types(own)).toEqual(expect.arrayContaining(['attempt.started', 'request.opened']))
    const starts = own.flatMap((event) => (event.type === 'attempt.started' ? [event] : []))
    expect(new Set(starts.map(({ workerId }) => workerId))).toEqual(new Set([first!.workerId]))
  })

  it('is read in pages and followed live, from any cursor on', async () => {
    const { cueline, projectId } = await askedWorld()
    const all = await cueline.events.after({ projectId, task: 'A' })
    const pages: StoredEvent[] = []
    for (let cursor = 0; ;) {
      const page = await cueline.events.after({ projectId, task: 'A', cursor, limit: 2 })
      pages.push(...page)
      cursor = page.at(-1)?.sequence ?? cursor
      if (page.length < 2) break
    }
    expect(pages).toEqual(all)
    const stop = new AbortController()
    const live: StoredEvent[] = []
    const cursor = all[2]!.sequence
    for await (const event of cueline.watch({
      projectId,
      task: 'A',
      cursor,
      signal: stop.signal,
    })) {
      live.push(event)
      if (live.length === all.length - 3) stop.abort()
    }
    expect(live).toEqual(all.slice(3))
  })

  it('is an error to follow without a signal, by which it would end', async () => {
    const { cueline, projectId } = await askedWorld()
    const followed = cueline.watch({ projectId } as never)[Symbol.asyncIterator]()
    await expect(followed.next()).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('signal is undefined'),
    })
  })

  it('is an error for a task or worker that there is not', async () => {
    const { cueline, projectId } = await askedWorld()
    await expect(cueline.events.after({ projectId, task: 'Z' })).rejects.toThrow('no task "Z"')
    await expect(cueline.events.after({ projectId, worker: 'Zoe' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('no worker "Zoe"'),
    })
  })
})
