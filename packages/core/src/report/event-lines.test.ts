import { describe, expect, it } from 'vitest'

import { eventsToJsonLines, parseEventLines } from './event-lines.ts'
import { exampleLog } from '../testing/example-log.ts'

const { events } = exampleLog({ one: {}, two: { dependsOn: ['one'] } }, 1)
const text = eventsToJsonLines(events)

describe('events as JSON lines', () => {
  it('come back as they were', () => {
    expect(text.split('\n')).toHaveLength(events.length + 1)
    expect(parseEventLines(text)).toEqual(events)
    expect(parseEventLines(text.replaceAll('\n', '\r\n\r\n'))).toEqual(events)
    expect(parseEventLines('')).toEqual([])
  })

  it('name the line that was cut off', () => {
    expect(() => parseEventLines(text.slice(0, -20))).toThrow(`Line ${events.length} of the events`)
  })

  it('name the gap where a line is missing', () => {
    const lines = text.split('\n')
    expect(() => parseEventLines([lines[0], ...lines.slice(2)].join('\n'))).toThrow(
      'Line 2 of the events has the sequence 3 after 1',
    )
  })

  it('refuse what is no event and keys that pollute prototypes', () => {
    expect(() => parseEventLines('42')).toThrow('Line 1 of the events is no event')
    expect(() => parseEventLines('{"type":"x"}')).toThrow('lacks one of type, at')
    expect(() => parseEventLines('{"__proto__":{"a":1}}')).toThrow('forbidden key')
  })
})
