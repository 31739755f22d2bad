import { describe, expect, it } from 'vitest'
import { sqlitePlace } from './place.ts'
import { scenarios } from './scenarios.ts'
import { tried, triedWithin as timeout } from './tried.ts'

describe('faults on purpose, on SQLite [X-11, X-02, X-07]', () => {
  it.each(scenarios)('$name: $amounts.ci $title', { timeout }, async (scenario) => {
    expect(await tried(scenario, sqlitePlace)).not.toEqual([])
  })
})
