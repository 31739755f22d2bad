import type { PlanWarning } from './plan.ts'
import { shown } from './shown.ts'

/** Letters that look like another one, each before its twin: of Unicode's confusables (UTS 39) those of Cyrillic and Greek. */
const twins =
  'АAВBЕEЅSІIЈJКKМMНHОOРPСCТTХXЗ3аaеeоoрpсcуyхxѕsіiјjԁdԛqԝwһhΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvіiαa'
const latinOf = new Map(
  Array.from({ length: twins.length / 2 }, (_, n) => [twins[2 * n]!, twins[2 * n + 1]!]),
)
const beyondAscii = /\P{ASCII}/u

/**
 * One warning per group of different ids that look the same to a person: they become one under
 * Unicode NFKC, or when Cyrillic and Greek letters are read as the Latin ones they resemble.
 */
export function similarIds(ids: readonly string[]): PlanWarning[] {
  const groups = new Map<string, Set<string>>()
  for (const id of ids) {
    if (typeof id !== 'string') continue
    const look = beyondAscii.test(id) ? lookOf(id) : id
    const group = groups.get(look)
    if (group === undefined) groups.set(look, new Set([id]))
    else group.add(id)
  }
  const warnings: PlanWarning[] = []
  for (const group of groups.values()) {
    if (group.size < 2) continue
    const tasks = [...group]
    warnings.push({
      kind: 'similar-ids',
      tasks,
      message: `The ids ${tasks.map(distinct).join(' and ')} look alike but are different tasks. Rename one if they are meant to be the same.`,
    })
  }
  return warnings
}

function lookOf(id: string): string {
  let look = ''
  for (const letter of id.normalize('NFKC')) look += latinOf.get(letter) ?? letter
  return look
}

/** The id, and by its number the first character that makes it another one. */
function distinct(id: string): string {
  const [odd] = beyondAscii.exec(id) ?? []
  if (odd === undefined) return shown(id)
  const number = odd.codePointAt(0)!.toString(16).toUpperCase()
  return `${shown(id)} (with U+${number.padStart(4, '0')})`
}
