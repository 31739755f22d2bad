import { describe, expect, it } from 'vitest'
import { CuelineError } from '../error.ts'
import { clientOf } from '../operation/client-of.ts'
import { tinyWorld } from '../testing/tiny-world.ts'
import { liveProject } from './live-project.ts'

describe('a live project [X-11, X-17]', () => {
  it('follows a run to the same state that is stored', async () => {
    const world = await tinyWorld({
      tasks: { A: [], B: ['A'], C: ['A'], D: ['B', 'C'] },
      runner: async () => {},
    })
    const stop = new AbortController()
    const live = await liveProject(clientOf(world.cueline), world.projectId, stop.signal)
    const heard: number[] = []
    live.subscribe((event) => heard.push(event?.sequence ?? Number.NaN))
    const before = live.state()
    await world.cueline.run({ projectId: world.projectId })
    await world.clock.advance(1_000)
    const stored = await world.cueline.projects.snapshot({ projectId: world.projectId })
    expect(live.cursor()).toBe(stored.cursor)
    expect([...live.state().tasks.values()]).toEqual(stored.tasks)
    expect([...live.state().attempts.values()]).toEqual(stored.attempts)
    expect(heard).toEqual(heard.toSorted((a, b) => a - b))
    expect(live.state()).not.toBe(before)
    stop.abort()
    await live.done
  })

  it('does not guess over a gap in the events', async () => {
    const world = await tinyWorld({ tasks: { A: [] } })
    const client = clientOf(world.cueline)
    const snapshot = await client.snapshot(world.projectId)
    const late = { type: 'project.paused', at: 0, projectId: world.projectId, actor: 'x' } as const
    const live = await liveProject(
      {
        ...client,
        async *follow() {
          yield { ...late, sequence: snapshot.cursor + 2 }
        },
      },
      world.projectId,
      new AbortController().signal,
    )
    await expect(live.done).rejects.toThrow('are missing; read a new snapshot')
  })

  it('reads a new snapshot when it has fallen behind what was pruned, and says so', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [], B: ['A'] } })
    const client = clientOf(cueline)
    const stop = new AbortController()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const live = await liveProject(
      {
        ...client,
        async *follow(...given) {
          await held
          yield* client.follow(...given)
        },
      },
      projectId,
      stop.signal,
    )
    const heard: unknown[] = []
    const paused = new Promise<void>((resolve) => {
      live.subscribe((event) => {
        heard.push(event?.type ?? null)
        if (event?.type === 'project.resumed') resolve()
      })
    })
    await cueline.projects.pause({ projectId })
    await cueline.events.prune({ projectId, keepEvents: 0 })
    release()
    await new Promise<void>((resolve) => {
      const unsubscribe = live.subscribe((event) => {
        if (event === null) resolve()
        unsubscribe()
      })
    })
    expect(live.state().project?.pausedAt).not.toBeNull()
    await cueline.projects.resume({ projectId })
    await paused
    expect(heard).toEqual([null, 'project.resumed'])
    expect(live.state().project?.pausedAt).toBeNull()
    stop.abort()
    await live.done
  })

  it('gives up when a new snapshot is no newer than what was pruned', async () => {
    const { cueline, projectId } = await tinyWorld({ tasks: { A: [] } })
    const client = clientOf(cueline)
    const live = await liveProject(
      {
        ...client,
        // oxlint-disable-next-line require-yield -- it fails before the first event
        async *follow() {
          throw new CuelineError('pruned', 'gone')
        },
      },
      projectId,
      new AbortController().signal,
    )
    await expect(live.done).rejects.toMatchObject({ code: 'pruned' })
  })

  it('calls operations by name and refuses names that are none', async () => {
    const world = await tinyWorld({ tasks: { A: [] } })
    const client = clientOf(world.cueline)
    expect(await client.call('tasks.list', { projectId: world.projectId })).toHaveLength(1)
    await expect(client.call('tasks.constructor', {})).rejects.toThrow('There is no operation')
    await expect(client.call('tasks.list', {})).rejects.toThrow('projectId')
  })
})
