import { describe, expect, it, onTestFinished } from 'vitest'

import { capturedTerminal } from './captured-terminal.ts'
import { runProgram } from './program.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function cueline(args: readonly string[], env: Record<string, string> = {}) {
  const terminal = capturedTerminal({ cwd: temporaryFolder(onTestFinished), env })
  const code = await runProgram(args, terminal)
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

const commands = [
  'plan',
  'import',
  'stage',
  'promote',
  'run',
  'status',
  'why',
  'explain',
  'what-if',
  'forecast',
  'suggest',
  'revise',
  'requests',
  'answer',
  'sessions',
  'retry',
  'cancel',
  'report',
  'doctor',
]

describe('the help of the command line', () => {
  it.each(commands)('of %s has examples and the options of every command', async (command) => {
    const { code, stdout, stderr } = await cueline([command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: cueline ${command}`)
    expect(stdout).toContain(`Examples:\n  cueline ${command}`)
    expect(stdout).toContain('--json')
    expect(stdout).toContain('--db <file>')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('lists every command and the exit codes', async () => {
    const { stdout } = await cueline(['--help'])
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
    expect(stdout).toContain('130  interrupted')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect((await cueline(['help', 'plan'])).stdout).toContain('Usage: cueline plan')
    expect((await cueline(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('of a part of a command has examples too', async () => {
    const { code, stdout } = await cueline(['sessions', 'end', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('Usage: cueline sessions end')
    expect(stdout).toContain('Examples:\n  cueline sessions end')
    expect(stdout).toContain('--db <file>')
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('is what you get without a command, as an error', async () => {
    const { code, stdout, stderr } = await cueline([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: cueline')
  })
})

describe('a mistyped command line', () => {
  it.each([
    [['statsu'], 'Did you mean status?'],
    [['status', '--jsno'], 'Did you mean --json?'],
    [['statsu', '--help'], 'Did you mean status?'],
    [['help', 'statsu'], 'Did you mean status?'],
    [['sessions', 'ned'], 'sessions has end, sweep'],
    [['workspaces', 'shw', 'T1'], 'workspaces has show, restore, remove, prune'],
    [['sessions', 'end'], "missing required argument 'session'"],
    [['status', 'now'], 'too many arguments'],
    [['run', 'plan.md', '--agent', 'x'], 'cueline import plan.md, then cueline stage'],
    [['plan', 'a.md', '--workers', '0'], 'Give a whole number from 1'],
    [['plan', 'a.md', '--workers', '2.5'], 'Give a whole number from 1'],
    [['run', '--agent', 'x', '--drain', 'long'], 'Give a number of 0 or more'],
    [['run', '--agent', 'x', '--timeout', '0'], 'Give a number above 0'],
    [['report', '--time-scale', '0'], 'Give a number above 0'],
    [['stage', '--batch', ' ', 'T1'], 'Give a name'],
    [['tasks', '--status', 'dne'], 'Allowed choices are todo, staged'],
  ])('%j is refused with 2 and what was meant', async (args, message) => {
    const { code, stdout, stderr } = await cueline(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })

  it.each([
    [['run', '--brnch', 'x', '--json', '--agent', 'x'], "unknown option '--brnch'"],
    [['--json', 'statsu'], "unknown command 'statsu'"],
    [['workspaces', 'shw', 'T1', '--json'], "unknown command 'shw'"],
    [['run', '--json'], "required option '-a, --agent <command>' not specified"],
    [['plan', 'a.md', '--json', '--workers', '0'], 'Give a whole number from 1'],
    [['--json'], 'No command was given'],
  ])('%j is told as JSON too, since that was asked for', async (args, message) => {
    const { code, stdout, stderr } = await cueline(args)
    expect(code).toBe(2)
    expect(stderr).not.toBe('')
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'invalid-input',
        message: expect.stringContaining(message) as string,
        retryable: false,
        details: {},
      },
    })
    expect(stdout).not.toContain('error: ')
  })

  it('is in words alone where --json is a word for the command, not an option', async () => {
    expect((await cueline(['status', '--jsno', '--', '--json'])).stdout).toBe('')
  })
})

describe('an error on the command line', () => {
  it('is one message with the next step, and shows where it happened only when asked', async () => {
    const plain = await cueline(['status'])
    expect(plain.stderr).toMatch(/^error: There is no database at/)
    expect(plain.stderr).not.toContain('    at ')
    expect((await cueline(['status', '--verbose'])).stderr).toContain('    at ')
    expect((await cueline(['status'], { CUELINE_DEBUG: '1' })).stderr).toContain('    at ')
  })
})
