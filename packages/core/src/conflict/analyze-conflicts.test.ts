import { describe, expect, it } from 'vitest'

import { analyzeConflicts } from './analyze-conflicts.ts'
import { createPredictor } from './create-predictor.ts'

const pairs = (conflicts: ReturnType<typeof analyzeConflicts>) =>
  conflicts.map(({ tasks, kind }) => `${tasks.join('-')} ${kind}`)

describe('conflicts between tasks [S4-02, S3-03]', () => {
  it('finds that tasks of a published "parallel" layer declare the same files', () => {
    const layer = [
      { id: 'models', touches: ['src/models/__init__.py', 'tests/test_models.py'] },
      { id: 'config', touches: ['src/models/__init__.py', 'pytest.ini'] },
      { id: 'tests', touches: ['pytest.ini', 'tests/test_models.py'] },
      { id: 'cli', touches: ['src/cli.py'] },
    ]
    const conflicts = analyzeConflicts(layer)
    expect(pairs(conflicts)).toEqual([
      'models-config declared',
      'models-tests declared',
      'config-tests declared',
    ])
    expect(conflicts[0]).toEqual({
      tasks: ['models', 'config'],
      kind: 'declared',
      confidence: 1,
      evidence: [
        'src/models/__init__.py: models declares src/models/__init__.py; config declares src/models/__init__.py',
      ],
      paths: ['src/models/__init__.py'],
    })
  })

  it('takes two tasks of one id for no pair, which it would be of nothing with itself', () => {
    const touches = ['src/a.ts']
    const conflicts = analyzeConflicts([
      { id: 'a', touches },
      { id: 'a', touches },
      { id: 'b', touches },
    ])
    expect(pairs(conflicts)).toEqual(['a-b declared', 'a-b declared'])
  })

  it('meets a path in the text with the end of it in another text, case kept', () => {
    const conflicts = analyzeConflicts([
      { id: 'a', title: 'Draw cards in web/board/KanbanBoard.tsx' },
      { id: 'b', title: 'Sort the columns', description: 'Extend `KanbanBoard.tsx` by a menu.' },
      { id: 'c', title: 'Rename kanbanboard.css' },
    ])
    expect(pairs(conflicts)).toEqual(['a-b suffix'])
    expect(conflicts[0]?.paths).toEqual(['web/board/KanbanBoard.tsx'])
  })

  it('tells a file at the root from one of the same name in a folder', () => {
    expect(
      analyzeConflicts([
        { id: 'a', touches: ['main.py'] },
        { id: 'b', touches: ['api/main.py'] },
      ]),
    ).toEqual([])
  })

  it('sees a symbol that both texts name, but surer of files than of symbols', () => {
    const [conflict] = analyzeConflicts(
      [
        { id: 'a', title: 'Create the BatchExecutor' },
        { id: 'b', title: 'Let BatchExecutor pause' },
      ],
      { threshold: 0.1 },
    )
    expect(conflict).toMatchObject({ kind: 'symbol', paths: [] })
    expect(conflict!.confidence).toBeLessThan(0.5)
    expect(conflict!.evidence).toEqual([
      'symbol BatchExecutor: a names BatchExecutor; b names BatchExecutor',
    ])
  })

  it('meets globs with files, with each other, and with folders around them', () => {
    const tasks = [
      { id: 'a', touches: ['src/pump/**'] },
      { id: 'b', touches: ['src/pump/valve/*.ts'] },
      { id: 'c', touches: ['src/pump/motor.ts'] },
      { id: 'd', touches: ['src/roof/**'] },
    ]
    expect(pairs(analyzeConflicts(tasks))).toEqual(['a-b declared', 'a-c declared'])
  })

  it('expects conflicts where past changes say so, and is corrected by what was touched', () => {
    const predictor = createPredictor({ files: ['src/pump.ts', 'src/roof.ts', 'src/a.ts'] })
    const tasks = [
      { id: 'x', title: 'Vents jam in winter' },
      { id: 'y', title: 'Vents jam at night' },
    ]
    expect(analyzeConflicts(tasks, { predictor })).toEqual([])
    for (let time = 0; time < 12; time += 1) {
      predictor.learn({ title: 'Vents jam', files: ['src/roof.ts'] })
    }
    const [conflict] = analyzeConflicts(tasks, { predictor })
    expect(conflict).toMatchObject({ tasks: ['x', 'y'], kind: 'history' })
    expect(conflict?.paths[0]).toBe('src/roof.ts')
    expect(conflict?.evidence[0]).toMatch(/^src\/roof\.ts: x may touch it \(\d+ %: /)
  })

  it('leaves out what is less sure than the threshold', () => {
    const tasks = [
      { id: 'a', title: 'Fix src/pump.ts' },
      { id: 'b', title: 'Test src/pump.ts' },
    ]
    expect(analyzeConflicts(tasks, { threshold: 0.5 })).toHaveLength(1)
    expect(analyzeConflicts(tasks, { threshold: 0.9 })).toEqual([])
  })
})
