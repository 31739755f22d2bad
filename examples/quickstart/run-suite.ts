import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Suite {
  readonly passes: boolean
  /** In words for people. */
  readonly says: string
}

/** Runs all tests in a folder with Node's own runner; without any test it does not pass. */
export async function runSuite(folder: string): Promise<Suite> {
  const flags = ['--test', '--test-isolation=none', '--test-reporter=tap']
  const child = spawn(process.execPath, flags, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  const [code] = await closed
  const count = (word: string) =>
    Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const [tests, passed] = [count('tests'), count('pass')]
  const passes = code === 0 && tests > 0 && passed === tests
  return {
    passes,
    says: passes ? `its ${tests} tests pass` : `only ${passed} of its ${tests} tests pass`,
  }
}
