import { describe, expect, it } from 'vitest'

import type { Plan, PlanTask } from '../plan/plan.ts'
import { planTasks } from '../plan/plan-tasks.ts'
import { exampleLog } from '../testing/example-log.ts'
import { axisTicks } from './axis-ticks.ts'
import { chooseLanes } from './choose-lanes.ts'
import { renderRunTimeline } from './render-run-timeline.ts'
import { renderTimeline } from './render-timeline.ts'

/** Build, then test beside document, then release: build, test and release are critical. */
const release: PlanTask[] = [
  { id: 'build', title: 'Build it', estimate: 10 },
  { id: 'test', title: 'Test it', estimate: 20, dependsOn: ['build'] },
  { id: 'document', title: 'Describe it', estimate: 8, dependsOn: ['build'] },
  { id: 'release', title: 'Release it', estimate: 5, dependsOn: ['test', { task: 'document' }] },
]

describe('the timeline of a plan [S4-11]', () => {
  it('has a bar per task in its lane, with times, lane and dependencies on hover', () => {
    const svg = renderTimeline(planned(release), { tasks: release })
    expect(bars(svg)).toHaveLength(4)
    expect(svg).toContain('>Lane 0</text>')
    expect(svg).toContain('>Lane 1</text>')
    expect(svg).not.toContain('>Lane 2</text>')
    expect(svg).toContain(
      [
        '<title>release Release it',
        'planned 30 m to 35 m (5 m)',
        'Lane 0, on the critical path',
        'after test, document</title>',
      ].join('\n'),
    )
    expect(svg).toContain('waits for nothing</title>')
  })

  it('marks the critical path, by more than a colour', () => {
    const svg = renderTimeline(planned(release), { tasks: release })
    const critical = bars(svg).filter((bar) => bar.includes('critical"'))
    expect(critical.map((bar) => /<title>(\w+)/.exec(bar)?.[1])).toEqual([
      'build',
      'test',
      'release',
    ])
    for (const bar of critical) expect(bar).toContain('class="mark"')
    expect(svg).toContain('>critical path</text>')
  })

  it('draws bars to scale on an axis of round times', () => {
    const svg = renderTimeline(planned(release), { width: 796 })
    // 700 pixels for 35 minutes, from 72; a pixel between bars.
    const places = [...svg.matchAll(/<rect x="([\d.]+)" width="([\d.]+)" y=/g)]
    expect(places.map(([, x, width]) => [x, width])).toEqual([
      ['72.5', '199'],
      ['272.5', '399'],
      ['272.5', '159'],
      ['672.5', '99'],
    ])
    expect(
      [...svg.matchAll(/class="tick quiet" x="([\d.]+)" y="\d+">([^<]+)/g)].map(([, x, label]) => [
        x,
        label,
      ]),
    ).toEqual([
      ['72', '0'],
      ['172', '5 m'],
      ['272', '10 m'],
      ['372', '15 m'],
      ['472', '20 m'],
      ['572', '25 m'],
      ['672', '30 m'],
      ['772', '35 m'],
    ])
  })

  it('keeps a long label on the last line inside the picture', () => {
    const svg = renderTimeline(planned([{ id: 'A', estimate: 135 }]), { width: 960 })
    const [, x] = /class="tick quiet" x="([\d.]+)" y="\d+">2 h 15 m</.exec(svg)!
    expect(Number(x)).toBeLessThan(960 - 26)
  })

  it('shows in a short bar the name alone, and in a shorter one nothing', () => {
    const tasks = [3, 25, 60, 200].map((estimate): PlanTask => ({
      id: `T${estimate}`,
      title: 'A title of many words that say much',
      estimate,
    }))
    const svg = renderTimeline(planned(tasks, 1), { tasks, width: 384 })
    const texts = bars(svg).map((bar) => /<text[^>]*>([^<]*)/.exec(bar)?.[1] ?? '')
    expect(new Set(texts)).toEqual(new Set(['T200 A title of many words…', 'T60', '']))
  })

  it('tells people who cannot see it what it is', () => {
    const svg = renderTimeline(planned(release), { title: 'Release & more', id: 'a b' })
    expect(svg).toContain('role="img" aria-labelledby="a-b-title a-b-desc"')
    expect(svg).toContain('<title id="a-b-title">Release &#38; more</title>')
    expect(svg).toContain('<desc id="a-b-desc">4 tasks in 35 m, critical path 35 m</desc>')
  })

  it('follows what the reader prefers, light or dark, unless it is told', () => {
    const plan = planned(release)
    expect(renderTimeline(plan)).toContain('@media (prefers-color-scheme: dark)')
    const [light, dark] = (['light', 'dark'] as const).map((theme) =>
      renderTimeline(plan, { theme }),
    )
    expect(light).not.toContain('@media')
    expect(light).toContain('.page { fill: #ffffff; }')
    expect(dark).toContain('.page { fill: #0d1117; }')
  })

  it('reaches with its styles nothing outside of it', () => {
    const [, style = ''] = /<style>\n([^<]*)<\/style>/.exec(renderTimeline(planned(release))) ?? []
    const selectors = style.split('\n').filter((line) => line !== '' && line !== '}')
    for (const selector of selectors) {
      expect(selector).toMatch(/^(?:\.cueline-timeline |@media )/)
    }
  })

  it('of an empty plan is a picture all the same', () => {
    const svg = renderTimeline(planned([]))
    expect(svg).toContain('Nothing is planned')
    expect(bars(svg)).toEqual([])
    expect(svg).not.toContain('NaN')
  })

  it('draws 500 tasks, each of them', () => {
    const tasks = Array.from({ length: 500 }, (_, at): PlanTask => ({
      id: `T${at}`,
      estimate: 1 + (at % 17),
      dependsOn: at < 8 ? [] : [`T${at - 8}`],
    }))
    expect(bars(renderTimeline(planned(tasks, 8), { tasks }))).toHaveLength(500)
  })

  it.each([
    ['a start that is no number', { start: Number.NaN, finish: 1 }, '"a" is NaN to 1'],
    ['a finish before its start', { start: 2, finish: 1 }, '"a" is 2 to 1'],
    ['a lane that is none', { start: 0, finish: 1, lane: 1.5 }, 'The lane of task "a" is 1.5'],
  ])('refuses %s, naming the task', (_, time, message) => {
    expect(() => renderTimeline(planned([]), { actual: [{ task: 'a', ...time }] })).toThrow(message)
  })

  it('refuses a scale that is none', () => {
    expect(() => renderTimeline(planned([]), { timeScale: 0 })).toThrow('timeScale is 0')
    expect(() => renderTimeline(planned(release), { timeScale: 1e308 })).toThrow('length')
  })
})

describe('predicted against actual [S4-11]', () => {
  it('shows two bars for a task that has run, in the lane where it ran', () => {
    const svg = renderTimeline(planned(release), {
      tasks: release,
      actual: [
        { task: 'build', start: 0, finish: 14, lane: 1 },
        { task: 'test', start: 14, finish: 20, failed: true },
      ],
    })
    expect(bars(svg).filter((bar) => bar.includes('class="bar planned'))).toHaveLength(4)
    const actual = bars(svg).filter((bar) => bar.includes('class="bar actual'))
    expect(actual).toHaveLength(2)
    expect(actual[0]).toContain('planned 0 to 10 m (10 m)\nactual 0 to 14 m (14 m)\nLane 1')
    expect(actual[1]).toContain('class="bar actual critical failed"')
    expect(svg).toContain('<title>planned end</title>')
    expect(svg).toContain('>actual</text>')
  })

  it('of a run comes from its event log alone', () => {
    const log = exampleLog(
      { one: { title: 'First', estimate: 2 }, two: { estimate: 3, dependsOn: ['one'] } },
      1,
    )
    const minute = 60_000
    log.register(0, 'worker-')
    log.promote(minute)
    log.start(minute, 'one', 'worker-0')
    log.fail(2 * minute, 'one', 'no', 1)
    log.start(2 * minute, 'one', 'worker-0', 2)
    log.succeed(5 * minute, 'one', 2)
    log.start(5 * minute, 'two', 'worker-0')
    const svg = renderRunTimeline(log.events)
    expect(svg).toContain('>Run of Greenhouse</title>')
    expect(bars(svg).filter((bar) => bar.includes('class="bar planned'))).toHaveLength(2)
    const actual = bars(svg).filter((bar) => bar.includes('class="bar actual'))
    expect(actual).toHaveLength(1)
    // The attempt that succeeded, counted from the promotion.
    expect(actual[0]).toContain('actual 1 m to 4 m (3 m)')
    expect(renderRunTimeline(log.events)).toBe(svg)
  })
})

describe('lanes for what ran', () => {
  it('are those wished for, unless something still runs there', () => {
    expect(
      chooseLanes([
        { start: 0, finish: 5, lane: 2 },
        { start: 1, finish: 3 },
        { start: 4, finish: 6, lane: 2 },
        { start: 5, finish: 7, lane: 2 },
      ]),
    ).toEqual([2, 0, 0, 2])
  })
})

describe('the marks of an axis', () => {
  it.each([
    [0, ['0']],
    [7, ['0', '2 ms', '4 ms', '6 ms']],
    [4000, ['0', '1 s', '2 s', '3 s', '4 s']],
    [3 * 3_600_000 + 1, ['0', '1 h', '2 h', '3 h']],
    [100 * 60_000, ['0', '30 m', '1 h', '1 h 30 m']],
    [400 * 86_400_000, ['0', '100 d', '200 d', '300 d', '400 d']],
  ])('over %j ms are round', (total, labels) => {
    expect(axisTicks(total, 4).map(({ label }) => label)).toEqual(labels)
  })
})

function planned(tasks: readonly PlanTask[], workers = 2): Plan {
  const result = planTasks(tasks, { workers })
  if (!result.ok) throw new Error('no plan')
  return result.plan
}

/** The groups of bars, without those of the legend. */
function bars(svg: string): string[] {
  return svg.match(/<g class="bar[^"]*"><title>[\s\S]*?<\/g>/g) ?? []
}
