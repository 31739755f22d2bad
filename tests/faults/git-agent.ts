import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { functionRunner, type Gate, type Runner } from '@cueline/core'
import { seededRandom } from '@cueline/core/testing'

import { type Files, redIn } from './git-model.ts'

/** The task with this code fails for good, after having committed. */
export const hopeless = 'T9'

/**
 * An agent that does its task in one of the ways that agents have, by seed: without a commit, with
 * several, rewriting them, on other branches; it leaves red work, breaks off, or fails. From its third
 * attempt on it does it right. Whatever it commits it notes in `journal`, once git says that it is there.
 */
export function gitAgent(seed: number, journal: string): Runner {
  return functionRunner(async ({ task, number, workspace }, { signal }) => {
    const { code } = task
    const folder = workspace.path as string
    const random = seededRandom(seed + 1_000 * Number(code.slice(1)) + number)
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' })
    const commit = (...args: string[]) => {
      git('add', '-A')
      const who = ['-c', 'user.name=Agent', '-c', 'user.email=agent@example.org']
      git(...who, 'commit', '-q', '--allow-empty', '-m', `${code} ${number}`, ...args)
      appendFileSync(journal, git('rev-parse', 'HEAD'))
    }
    const part = () => writePart(folder, code, random)
    const list = () => writeList(folder, code, random)

    const ways = [
      'plain',
      'commits',
      'rewrites',
      'elsewhere',
      ...(number > 2 ? [] : ['red', 'breaks']),
    ]
    const way = code === hopeless ? 'hopeless' : ways[Math.floor(random() * ways.length)]
    await delay(random() * 20, undefined, { signal })
    if (way === 'red') return list()
    if (way === 'rewrites') {
      writeFileSync(join(folder, 'wrong.txt'), 'wrong\n')
      commit()
      git('reset', '-q', '--hard', 'HEAD~1')
    }
    part()
    if (way !== 'plain') commit()
    if (way === 'hopeless') return { status: 'failed', class: 'permanent', message: 'no hope' }
    if (way === 'elsewhere') {
      git('checkout', '-q', '-b', `side-${code}-${number}`)
      writeFileSync(join(folder, 'side.txt'), 'only on the side\n')
      commit()
      git('checkout', '-q', '-')
    }
    await delay(random() * 20, undefined, { signal })
    list()
    if (way === 'commits') commit()
    if (way === 'rewrites') commit('--amend')
    if (way === 'breaks') throw new Error('it breaks off on purpose')
    return `${code} is listed`
  })
}

/** Judges a folder by the rules of the repository. */
export const greenGate: Gate = {
  name: 'green',
  key: 'green',
  async judge({ path }) {
    const problems = redIn(filesIn(path as string))
    return {
      gate: 'green',
      result: problems.length === 0 ? 'pass' : 'fail',
      summary: problems.join(' '),
      durationMs: 0,
      cause: problems.length === 0 ? null : 'code',
      evidence: problems.join('\n'),
    }
  },
}

function filesIn(folder: string): Files {
  const parts = existsSync(join(folder, 'parts')) ? readdirSync(join(folder, 'parts')) : []
  const paths = ['list.txt', ...parts.map((name) => `parts/${name}`)]
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

/** Takes one of the first names that are free here: agents at work beside it take the same ones. */
function writePart(folder: string, code: string, random: () => number): void {
  const taken = new Set(filesIn(folder).values())
  const free = Array.from({ length: 100 }, (_none, name) => `name ${name}\n`)
    .filter((name) => !taken.has(name))
    .slice(0, 4)
  mkdirSync(join(folder, 'parts'), { recursive: true })
  const name = free[Math.floor(random() * free.length)] as string
  writeFileSync(join(folder, 'parts', `${code}.txt`), name)
}

/** Stands in one of a few places, where others come to stand at the same time. */
function writeList(folder: string, code: string, random: () => number): void {
  const file = join(folder, 'list.txt')
  const lines = readFileSync(file, 'utf8').split('\n')
  lines.splice(10 * Math.floor(random() * 3), 0, code)
  writeFileSync(file, lines.join('\n'))
}
