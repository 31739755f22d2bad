import type { Judged } from './judge-replay.ts'

/** The figures of a replay for a terminal. */
export function linesOfReplay(judged: Judged): string[] {
  const { commits, empty, lanes, attempts, retries, wallMs, serialMs, speedup, equal } = judged
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const times = (value: number | null) => (value === null ? '-' : `${value.toFixed(2)}×`)
  const rows: [string, string][] = [
    ['Tasks', `${commits} commits${empty === 0 ? '' : `, ${empty} more without a change`}`],
    ['Lanes', `${lanes}; ${judged.outOfOrder} landed after one that is younger in history`],
    ['Dependencies', `${judged.dependencies}: lines or files that another commit has made`],
    [
      'Pairs',
      `${judged.sharing} independent ones share a file, ${judged.contradicting} of them contradict by lines`,
    ],
    ['Predicted', `${judged.predicted} pairs kept apart, ${judged.predictedSharing} share a file`],
    ['Prevented', `${judged.prevented} pairs that contradict were never worked on at once`],
    ['Happened', `${judged.happened} merges refused, ${judged.misplaced} sent back by the gate`],
    ['Attempts', `${attempts}, ${retries} of them again`],
    ['Approved', `${judged.approvals} changes of protected paths`],
    [
      'Time',
      `${seconds(wallMs)}; the modelled work alone, one after the other, ${seconds(serialMs)}`,
    ],
    ['Speed-up', `${times(speedup)}, planned ${times(judged.plannedSpeedup)}`],
    ['Lost', judged.lost.length === 0 ? 'nothing' : judged.lost.join(', ')],
    [
      'Each commit',
      judged.wrongCommits.length === 0
        ? 'holds exactly what has landed by then'
        : `is not as it should be: ${judged.wrongCommits.slice(0, 10).join(', ')}`,
    ],
    ['The end', equal ? 'the tree of history' : 'ANOTHER TREE than history has'],
  ]
  return rows.map(([name, text]) => `${name.padEnd(14)}${text}`)
}
