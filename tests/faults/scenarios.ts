import { busyEngine } from './busy-engine.ts'
import { freezeEngine } from './freeze-engine.ts'
import { killEngine } from './kill-engine.ts'
import { gitRuns } from './git-runs.ts'
import { poisonTask } from './poison-task.ts'
import type { Scenario } from './scenario.ts'
import { raceClaims } from './several-engines.ts'
import { shiftClock } from './shift-clock.ts'
import { soak } from './soak.ts'

export const scenarios: readonly Scenario[] = [
  killEngine,
  raceClaims,
  freezeEngine,
  busyEngine,
  shiftClock,
  poisonTask,
  gitRuns,
  soak,
]
