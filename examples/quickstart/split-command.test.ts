import { describe, expect, it } from 'vitest'

import { splitCommand } from './split-command.ts'

describe('a command on the command line', () => {
  it('is split at white space, except inside quotes', () => {
    expect(splitCommand(`  my-agent --print "a b"  --name='it is' x"y z"w `)).toEqual([
      'my-agent',
      '--print',
      'a b',
      '--name=it is',
      'xy zw',
    ])
  })

  it('keeps empty arguments, escaped quotes and the backslashes of paths', () => {
    expect(splitCommand(String.raw`run "" "say \"hi\"" a\ b C:\tools\agent '\'`)).toEqual([
      'run',
      '',
      'say "hi"',
      'a b',
      String.raw`C:\tools\agent`,
      '\\',
    ])
  })

  it('never reads a shell into it', () => {
    expect(splitCommand('a; rm -rf $HOME *')).toEqual(['a;', 'rm', '-rf', '$HOME', '*'])
  })

  it('is refused when a quote does not end', () => {
    expect(() => splitCommand(`agent "half`)).toThrow('close the quote')
  })
})
