import { describe, expect, it } from 'vitest'

import { splitCommand } from './split-command.ts'

describe('a command on the command line', () => {
  it.each([
    ['my-agent --print', ['my-agent', '--print']],
    ['  spaced   out  ', ['spaced', 'out']],
    [`say "two words" 'and "more"'`, ['say', 'two words', 'and "more"']],
    [String.raw`a\ b "c\"d" 'e\'`, ['a b', 'c"d', 'e\\']],
    ['empty "" stays', ['empty', '', 'stays']],
    ['a;b $HOME * | c', ['a;b', '$HOME', '*', '|', 'c']],
  ])('%s is split without a shell', (text, parts) => {
    expect(splitCommand(text, '--agent')).toEqual(parts)
  })

  it('is refused when it is empty or a quote does not end', () => {
    expect(() => splitCommand('  ', '--agent')).toThrow('--agent is empty')
    expect(() => splitCommand('say "hello', '--gate')).toThrow(
      '--gate is "say \\"hello": its " does',
    )
  })
})
