import { describe, expect, it } from 'vitest'

import { predictTouches } from './predict-touches.ts'

const files = [
  'README.md',
  'docs/watering.md',
  'src/beds/bed-list.ts',
  'src/beds/bed-list.test.ts',
  'src/pump/PumpControl.ts',
  'src/pump/pump-control.test.ts',
  'src/sensor/moisture.ts',
  'src/sensor/index.ts',
  'src/beds/index.ts',
]
const history = [
  { title: 'fix(sensor): read moisture twice', body: '', files: ['src/sensor/moisture.ts'] },
  {
    title: 'feat(pump): stop when the tank is empty',
    body: 'The float switch tells.',
    files: ['src/pump/PumpControl.ts', 'src/pump/pump-control.test.ts'],
  },
  { title: 'docs: how to water', body: '', files: ['docs/watering.md'] },
]
const paths = (task: Parameters<typeof predictTouches>[0], past = history) =>
  predictTouches(task, { files, history: past }).map((touch) => touch.path)

describe('predicted touches [S4-02]', () => {
  it('puts what a task declares first, certain, also when it does not exist yet', () => {
    const [first] = predictTouches(
      { title: 'Read moisture', touches: ['src/roof/vent.ts'] },
      { files, history },
    )
    expect(first).toEqual({
      path: 'src/roof/vent.ts',
      score: 1,
      evidence: [{ source: 'declared', text: 'declares src/roof/vent.ts' }],
    })
  })

  it('expands declared globs to the files there are', () => {
    expect(
      paths({ touches: ['src/pump/*.ts'] })
        .slice(0, 2)
        .sort(),
    ).toEqual(['src/pump/PumpControl.ts', 'src/pump/pump-control.test.ts'])
  })

  it('finds a path in the text, with its case, and says so', () => {
    const [first] = predictTouches(
      { title: 'Tidy up', description: 'Move the timer of src/pump/PumpControl.ts:12 out.' },
      { files },
    )
    expect(first?.path).toBe('src/pump/PumpControl.ts')
    expect(first?.evidence[0]?.text).toBe('the text names src/pump/PumpControl.ts')
  })

  it('tells files of the same name apart by the end of the path', () => {
    expect(paths({ title: 'Export more in `sensor/index.ts`' }, [])[0]).toBe('src/sensor/index.ts')
  })

  it('finds a file by its name in another spelling', () => {
    expect(paths({ title: 'The bed list shows doubles' }, [])[0]).toBe('src/beds/bed-list.ts')
    expect(paths({ title: 'Rename PumpControl' }, [])[0]).toBe('src/pump/PumpControl.ts')
  })

  it('remembers which words went with which files', () => {
    const [first] = predictTouches(
      { title: 'Watch the float switch of the tank' },
      { files, history },
    )
    expect(first?.path).toMatch(/^src\/pump/)
    expect(first?.evidence.map((one) => one.text).join()).toContain('past change')
  })

  it('takes the prediction of the host as one more score', () => {
    const task = { title: 'Something else entirely' }
    expect(paths(task)[0]).not.toBe('README.md')
    expect(paths({ ...task, predicted: [{ path: 'README.md', score: 1 }] })[0]).toBe('README.md')
  })

  it('leaves out files that nothing speaks for', () => {
    expect(predictTouches({ title: 'zzz' }, { files })).toEqual([])
  })
})
