import { describe, expect, it } from 'vitest'
import { drawTransitions } from './draw-transitions.ts'
import {
  attemptTransitions,
  sessionTransitions,
  taskTransitions,
  workOrderTransitions,
  workspaceTransitions,
} from './transitions.ts'

describe('the drawn transitions [S2-01]', () => {
  it('are Mermaid state diagrams', () => {
    expect(drawTransitions().workOrder).toBe(
      [
        'stateDiagram-v2',
        '  [*] --> queued',
        '  queued --> claimed',
        '  queued --> completed',
        '  queued --> cancelled',
        '  claimed --> queued',
        '  claimed --> completed',
        '  claimed --> failed',
        '  claimed --> cancelled',
        '  completed --> [*]',
        '  failed --> [*]',
        '  cancelled --> [*]',
      ].join('\n'),
    )
  })

  it('say all that the tables say, and nothing else', () => {
    const { task, workOrder, attempt, session, workspace } = drawTransitions()
    const drawn = (diagram: string) =>
      diagram.split('\n').filter((line) => line.includes('-->') && !line.includes('[*]'))
    const known = (table: Readonly<Record<string, readonly string[]>>) =>
      Object.entries(table).flatMap(([from, all]) => all.map((to) => `  ${from} --> ${to}`))

    expect(drawn(task)).toEqual(known(taskTransitions))
    expect(drawn(workOrder)).toEqual(known(workOrderTransitions))
    expect(drawn(attempt)).toEqual(known(attemptTransitions))
    expect(drawn(session)).toEqual(known(sessionTransitions))
    expect(drawn(workspace)).toEqual(known(workspaceTransitions))
  })
})
