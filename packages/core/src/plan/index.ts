export { analyzeTasks, type AnalyzeResult, type TaskAnalysis } from './analyze-tasks.ts'
export { planTasks } from '../timed-plan.ts'
export { indexTasks, type IndexedTasks, type TaskIndex } from './index-tasks.ts'
export { idsByLayer, layersOf, tails } from './checked-index.ts'
export type { Layers } from './layers.ts'
export { plannedDurations, type PlannedDurations } from './planned-durations.ts'
export {
  trackTasks,
  type TrackedAnalysis,
  type TrackedChange,
  type TrackedTasks,
  type TrackOptions,
  type TrackResult,
} from './track-tasks.ts'
export type {
  Barrier,
  CriticalPath,
  EstimateRange,
  Plan,
  PlanBatch,
  PlanConflict,
  PlanDependency,
  PlanInference,
  PlanLane,
  PlannedConflict,
  PlanOptions,
  PlanResult,
  PlanTask,
  PlanWarning,
  Problem,
  ProblemKind,
  ScheduledTask,
  TaskFacts,
} from './plan.ts'
