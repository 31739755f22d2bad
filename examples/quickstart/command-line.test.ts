import { describe, expect, it } from 'vitest'

import { parseCommandLine } from './command-line.ts'

describe('the options of the quickstart', () => {
  it('are four workers and the recorded agent when nothing is said', () => {
    expect(parseCommandLine([])).toEqual({
      workers: 4,
      scale: 0.05,
      agent: null,
      answer: null,
      folder: null,
      git: true,
      resume: false,
      help: false,
    })
  })

  it('stay those of the last run when it is resumed, unless given again', () => {
    const last = parseCommandLine([
      '--workers',
      '2',
      '--agent',
      'my-agent --print',
      '--no-git',
      '--answer',
      'x',
    ])
    expect(parseCommandLine(['--resume', '--workers=3'], last)).toEqual({
      ...last,
      workers: 3,
      resume: true,
    })
    expect(last).toMatchObject({ agent: ['my-agent', '--print'], git: false })
  })

  it('are refused with what was given and what is expected', () => {
    expect(() => parseCommandLine(['--workers', '0'])).toThrow('--workers is "0": give a whole')
    expect(() => parseCommandLine(['--scale', ''])).toThrow('--scale is "": give seconds')
    expect(() => parseCommandLine(['--agent', ' '])).toThrow('--agent is empty')
    expect(() => parseCommandLine(['--worker', '2'])).toThrow('--worker')
  })
})
