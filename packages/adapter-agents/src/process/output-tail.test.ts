import { describe, expect, it } from 'vitest'

import { outputTail } from './output-tail.ts'

function tailOf(text: string) {
  const tail = outputTail(10_000)
  tail.add(text)
  return tail
}

describe('the end of what a program says [S3-10]', () => {
  it('is its last line that is not blank', () => {
    const tail = tailOf('one\n  two  \n\n')
    expect([tail.lastLine(), tail.lastWords()]).toEqual(['two', 'two'])
  })

  it('is the error and not the version where Node.js dies of one', () => {
    const said = [
      'SyntaxError: of earlier',
      'node:fs:441',
      '    throw error',
      '          ^',
      '',
      'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string',
      '    at readFileSync (node:fs:441:42)',
      '    at file:///agent.mjs:3:26 {',
      "  code: 'ERR_INVALID_ARG_TYPE'",
      '}',
      '',
      'Node.js v26.10.0',
      '',
    ].join('\n')
    expect(tailOf(said).lastWords()).toBe(
      'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string',
    )
    expect(tailOf('nothing else\nNode.js v26.10.0\n').lastWords()).toBe('Node.js v26.10.0')
  })
})
