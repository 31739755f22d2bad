import type { ProjectId } from '@cueline/core'
import { exampleProject, exampleTask } from '@cueline/core/testing'
import { describe, expect, it } from 'vitest'

import { KnownProjects, mostKept } from './known-projects.ts'
import { ProjectCache } from './row-cache.ts'

const version = { lastSequence: 1, silentWrites: 0, schema: 8, server: 'one' }

function withTasks(projectId: ProjectId, count: number): ProjectCache {
  const cache = new ProjectCache()
  cache.project = exampleProject(projectId)
  for (let number = 0; number < count; number += 1) {
    cache.learn('task', exampleTask(projectId, `${projectId}-${number}`))
  }
  return cache
}

describe('what is kept of projects between transactions [S2-05]', () => {
  it('is bounded, also where there are very many of which hardly anything is known', () => {
    const projects = new KnownProjects()
    const ids = Array.from({ length: 10_000 }, (_, number) => `p${number}` as ProjectId)
    for (const id of ids) projects.keep(id, new ProjectCache(), version)
    const kept = ids.filter((id) => projects.take(id, version) !== undefined)
    expect(kept.length).toBeLessThan(mostKept / 10)
    expect(kept).toContain(ids.at(-1))
  })

  it('counts what is known, and what is given away no more', () => {
    const projects = new KnownProjects()
    const [one, other, large] = ['one', 'other', 'large'] as ProjectId[]
    for (let round = 0; round < 10; round += 1) {
      const known = projects.take(one!, version)
      projects.keep(one!, known ?? withTasks(one!, 20_000), version)
    }
    projects.keep(other!, withTasks(other!, 20_000), version)
    expect(projects.take(one!, version)?.size).toBe(20_000)
    projects.keep(one!, withTasks(one!, 1), version)
    projects.keep(large!, withTasks(large!, mostKept), version)
    expect([one, other, large].map((id) => projects.take(id!, version))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is trusted once nobody else has written, and later again after it was not true', () => {
    const projects = new KnownProjects()
    const id = 'p' as ProjectId
    const found = () => {
      projects.keep(id, projects.take(id, version) ?? new ProjectCache(), version)
    }
    found()
    expect(projects.trusted(id)).toBeUndefined()
    found()
    expect(projects.trusted(id)?.version).toEqual(version)
    projects.distrust(id)
    found()
    found()
    expect(projects.trusted(id)).toBeUndefined()
    found()
    expect(projects.trusted(id)).toBeDefined()
  })
})
