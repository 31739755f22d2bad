import { describe, expect, it } from 'vitest'
import { agentSessionIdProblem } from './agent-session-id.ts'

describe("an agent's own session id [S2-05]", () => {
  it.each([
    '0199a213-81c0-7800-8aa1-bbab2a035a53',
    'ses_01',
    'threads/12:3@host',
    '__proto__',
    'x'.repeat(256),
  ])('may be %s', (id) => {
    expect(agentSessionIdProblem(id)).toBeNull()
  })

  it.each([
    [7, 'it is no text'],
    [null, 'it is no text'],
    ['', 'it is empty'],
    ['x'.repeat(257), 'it is 257 characters long, 256 is the limit'],
    ['--upload-pack=x', 'it starts with "-", like an option of a command'],
    ['two words', 'it holds a space or a character beyond printable ASCII'],
    ['a\nb', 'it holds a space or a character beyond printable ASCII'],
    ['a\0', 'it holds a space or a character beyond printable ASCII'],
    ['\u202Eabc', 'it holds a space or a character beyond printable ASCII'],
  ])('is not %j, and says why', (id, problem) => {
    expect(agentSessionIdProblem(id)).toBe(problem)
  })
})
