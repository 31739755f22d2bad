import { describe, expect, it } from 'vitest'

import { inferDependencies } from './infer-dependencies.ts'

const edges = (...tasks: Parameters<typeof inferDependencies>[0]) =>
  inferDependencies(tasks).map((edge) => `${edge.task}<-${edge.dependsOn} ${edge.source}`)

describe('dependencies inferred from text [S3-03, S3-13]', () => {
  it('reads references after words that order', () => {
    expect(
      edges(
        { id: 'T1', title: 'Lay pipes' },
        { id: 'T2', title: 'Mount the pump' },
        { id: 'T3', title: 'Open the valve', description: 'After T1 and T2 are done.' },
        { id: 'T4', title: 'Fill the tank', description: 'Depends on T3. See also T1.' },
      ),
    ).toEqual(['T3<-T1 text', 'T3<-T2 text', 'T4<-T3 text'])
  })

  it('takes a bare number for a task only after a word like task', () => {
    expect(
      edges(
        { id: '1', title: 'Lay pipes' },
        { id: '2', title: 'Mount the pump' },
        { id: '3', title: 'Wait', description: 'Needs 2 hours; requires task 1' },
      ),
    ).toEqual(['3<-1 text'])
  })

  it('reads "blocks" from the earlier task, and nothing from a sentence that denies', () => {
    expect(
      edges(
        { id: 'T1', title: 'Lay pipes', description: 'Blocks T2.' },
        { id: 'T2', title: 'Mount', description: 'It does not depend on T3' },
        { id: 'T3', title: 'Paint', description: 'Can run in parallel, not after T1' },
      ),
    ).toEqual(['T2<-T1 text'])
  })

  it('sees a class that an earlier task creates and a later one uses', () => {
    const [edge] = inferDependencies([
      { id: 'store', title: 'Implement TaskStore for plans' },
      { id: 'board', title: 'Draw the board', description: 'Reads from TaskStore.' },
      { id: 'paint', title: 'Paint the door' },
    ])
    expect(edge).toEqual({
      task: 'board',
      dependsOn: 'store',
      source: 'symbol',
      confidence: 0.92,
      evidence: 'store creates "TaskStore", which board names',
    })
  })

  it('waits for a file that is created, not for one that exists', () => {
    const tasks = [
      { id: 'a', title: 'Create src/plan/hash.ts' },
      { id: 'b', title: 'Import src/plan/hash.ts in the engine' },
    ]
    const options = { threshold: 0.8 }
    expect(inferDependencies(tasks, options)).toMatchObject([{ task: 'b', source: 'file' }])
    expect(inferDependencies(tasks, { ...options, files: ['src/plan/hash.ts'] })).toEqual([])
  })

  it('leaves out what is less sure than was asked for, and nothing else', () => {
    const tasks = [
      { id: 'T1', title: 'Keep tasks', description: 'Create `TaskStore` in `src/store.ts`.' },
      { id: 'T2', title: 'Write the report', description: 'Uses TaskStore and `src/store.ts`.' },
      { id: 'T3', title: 'Paint', description: 'After T1.' },
    ]
    const all = inferDependencies(tasks, { threshold: 0 })
    const [symbol, text] = all.map(({ confidence }) => confidence)
    expect(all.map(({ source }) => source)).toEqual(['symbol', 'text'])
    expect(symbol).toBeLessThan(text as number)
    expect(inferDependencies(tasks, { threshold: symbol as number })).toEqual(all)
    expect(inferDependencies(tasks, { threshold: text as number })).toEqual(all.slice(1))
    expect(inferDependencies(tasks, { threshold: 1 })).toEqual([])
  })

  it('infers nothing against the given order', () => {
    expect(
      edges({ id: 'T1', title: 'Lay pipes after T2' }, { id: 'T2', title: 'Mount the pump' }),
    ).toEqual([])
  })

  it('does not take the name of a product, or of a test, for a dependency', () => {
    expect(
      edges(
        { id: 'a', title: 'Add GitHub import' },
        { id: 'b', title: 'Create PlanView with tabs' },
        { id: 'c', title: 'Push to GitHub', description: 'Test that PlanView still opens.' },
      ),
    ).toEqual([])
  })
})
