export { CuelineError } from './error.ts'
export type { CuelineErrorCode, CuelineErrorOptions } from './error.ts'
export { systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { randomIds } from './id.ts'
export type {
  AttemptId,
  BatchId,
  EventId,
  IdKind,
  IdOfKind,
  Ids,
  PlanId,
  ProjectId,
  RequestId,
  SessionId,
  TaskId,
  WorkerId,
  WorkOrderId,
} from './id.ts'
export { errorMessage } from './error-message.ts'
export { allPass, runGates } from './gate/run-gates.ts'
export type { RunGatesOptions } from './gate/run-gates.ts'
export type { Gate, Gates, GateSubject } from './gate/gate.ts'
export type {
  Consumer,
  ConsumeOptions,
  Delivery,
  Dispatcher,
  DispatchReference,
  Disposition,
} from './dispatch/dispatcher.ts'
export { inProcessDispatcher } from './dispatch/in-process-dispatcher.ts'
export type { InProcessDispatcherOptions } from './dispatch/in-process-dispatcher.ts'
export { redact } from './redaction/redact.ts'
export { redactedStream } from './redaction/redacted-stream.ts'
export type { RedactedStream } from './redaction/redacted-stream.ts'
export { secretsIn, withSecrets } from './redaction/secrets-in.ts'
export { isGlob, matchesGlob } from './conflict/matches-glob.ts'
export { allowedEnvironment, defaultInheritedEnvironment } from './runner/allowed-environment.ts'
export { classifyError } from './runner/classify-error.ts'
export type { ClassifiedError } from './runner/classify-error.ts'
export { functionRunner } from './runner/function-runner.ts'
export { errorClassOf } from './runner/outcome-problem.ts'
export type {
  Outcome,
  Question,
  Report,
  Runner,
  RunnerContext,
  RunnerFunction,
} from './runner/runner.ts'
export { scriptedRunner } from './runner/scripted-runner.ts'
export type {
  Script,
  ScriptedAttempt,
  ScriptedRun,
  ScriptedRunner,
  ScriptedRunnerOptions,
} from './runner/scripted-runner.ts'
export type { AttemptBrief } from './staging/attempt-brief.ts'
export { isSettled, readiness } from './staging/readiness.ts'
export type { Change, KeyOf, Slice, SliceKeys, TableName, Tables } from './staging/slice.ts'
export type {
  Attempt,
  AttemptStatus,
  Batch,
  Dependency,
  ErrorClass,
  Failure,
  Hold,
  Priority,
  Project,
  ProjectDelivery,
  ProjectSettings,
  ReleaseOn,
  Request,
  Session,
  SessionEndReason,
  SessionStatus,
  StoredArtifact,
  StoredPlan,
  Task,
  TaskStatus,
  TaskType,
  Touched,
  Verdict,
  Worker,
  WorkOrder,
  WorkOrderStatus,
  WorkspaceState,
} from './staging/state.ts'
export type { Event, EventOf, EventType, StoredEvent } from './event/event.ts'
export { addInterruptions, addKeys, addResources } from './limit/admission.ts'
export type { Load } from './limit/admission.ts'
export { compareText } from './storage/compare-text.ts'
export { compareBatches, MovingBatches } from './storage/moving-batches.ts'
export { checkPrune, prunedError } from './storage/pruned-error.ts'
export { followEvents } from './storage/follow-events.ts'
export type { FollowedLog } from './storage/follow-events.ts'
export type { GateSpec, TaskContext, TestCase, TestSpec } from './task/task-context.ts'
export { memoryTracker } from './tracker/memory-tracker.ts'
export type { MemoryTracker } from './tracker/memory-tracker.ts'
export type { Tracker, TrackerItem, TrackerResult } from './tracker/tracker.ts'
export { memoryWorkspaces } from './workspace/memory-workspaces.ts'
export type { MemoryWorkspaces } from './workspace/memory-workspaces.ts'
export { mergeFiles } from './workspace/merge-files.ts'
export type { Files, MergedFiles } from './workspace/merge-files.ts'
export { builtUponLost, contradictingBases, givenUpBase } from './workspace/base-work.ts'
export { workspaceState } from './workspace/workspace-state.ts'
export type { WorkspaceFacts } from './workspace/workspace-state.ts'
export type {
  BaseWork,
  KeptWork,
  Landed,
  PrunableWork,
  ParkedLane,
  PruneRequest,
  RadarRequest,
  RestoredWork,
  RestoreRequest,
  TrialMerge,
  TriedWork,
  Workspace,
  WorkspaceInspection,
  WorkspaceProvider,
  WorkOverlap,
  WorkspaceReport,
  WorkspaceRequest,
} from './workspace/workspace.ts'
export { memoryDeliveries } from './delivery/memory-deliveries.ts'
export type { MemoryDeliveries } from './delivery/memory-deliveries.ts'
export type { Delivered, DeliveryProvider, DeliveryRequest } from './delivery/delivery.ts'
export { memoryStorage } from './storage/memory-storage.ts'
export type { MemoryStorageOptions } from './storage/memory-storage.ts'
export { storable, storableText } from './storage/storable.ts'
export { workScope } from './storage/work-scope.ts'
export type { WorkScope } from './storage/work-scope.ts'
export type {
  LeaseClaim,
  Queries,
  QueryName,
  QueueCounts,
  QueuedMerge,
  Storage,
  StorageTransaction,
} from './storage/storage.ts'
export type { PrunedLog } from './operation/prune-log.ts'
export { createCueline, defaultSettings } from './create-cueline.ts'
export type { Cueline, CuelineOptions, RunOptions, RunResult } from './create-cueline.ts'
export { protectedChanges, protectedPaths } from './merge/protected-paths.ts'
export type { PathRules, WorkToLand } from './merge/protected-paths.ts'
export type { Protection } from './engine/protect.ts'
export { defaultTimes } from './engine/context.ts'
export type { CuelineEvents, EngineTimes } from './engine/context.ts'
export { eventsToJsonLines, parseEventLines } from './report/event-lines.ts'
export { foldReport } from './report/fold-report.ts'
export type { ReportOptions } from './report/fold-report.ts'
export { formatDuration } from './report/format-duration.ts'
export { formatMinutes } from './report/format-minutes.ts'
export { cutText, printableText, textWidth } from './report/printable-text.ts'
export { deliveryTitle, renderDelivery } from './report/render-delivery.ts'
export { renderReportMarkdown } from './report/render-report-markdown.ts'
export { renderReportText } from './report/render-report-text.ts'
export { renderRunTimeline } from './report/render-run-timeline.ts'
export { renderTable } from './report/render-table.ts'
export type { TextColumn, TextTable } from './report/render-table.ts'
export { renderTimeline } from './report/render-timeline.ts'
export type { ActualTime, TimelineOptions, TimelinePlan } from './report/render-timeline.ts'
export type { TimelineTheme } from './report/timeline-theme.ts'
export { reportTables } from './report/report-tables.ts'
export type {
  BatchReport,
  GateCounts,
  LaneReport,
  RunReport,
  TaskReport,
  TaskTouches,
  TouchTotals,
} from './report/run-report.ts'
export { clientOf } from './operation/client-of.ts'
export { createRunView } from './report/run-view.ts'
export type { RunActivity, RunLine, RunPicture, RunView } from './report/run-view.ts'
export { errorPolicies } from './limit/error-policy.ts'
export type { ErrorPolicy } from './limit/error-policy.ts'
export { drawTransitions } from './staging/draw-transitions.ts'
export {
  attemptTransitions,
  sessionTransitions,
  taskTransitions,
  workOrderTransitions,
  workspaceTransitions,
} from './staging/transitions.ts'
export { agentSessionIdProblem } from './session/agent-session-id.ts'
export { defaultKeepAlive, keepAliveOf, sessionEnd } from './session/keep-alive.ts'
export type { KeepAlive } from './session/keep-alive.ts'
export { hashPlan } from './plan/hash-plan.ts'
export { planJsonSchema } from './plan/plan-schema.ts'
export { evolve, replay } from './staging/evolve.ts'
export { generateContext } from './task/generate-context.ts'
export type { GenerateContextOptions, GeneratedContext } from './task/generate-context.ts'
export { parsePlanDocument, parseTaskSpecs } from './task/parse-task-spec.ts'
export { isStatelessReady } from './task/stateless-ready.ts'
export type { MissingPart, StatelessReadiness } from './task/stateless-ready.ts'
export { planDocumentJsonSchema, taskJsonSchema } from './task/task-json-schema.ts'
export type { PlanDocument, TaskSpec } from './task/task-spec.ts'
export { analyzeConflicts, conflictThreshold, pairSides } from './conflict/analyze-conflicts.ts'
export type {
  Conflict,
  ConflictKind,
  ConflictOptions,
  ConflictTask,
} from './conflict/analyze-conflicts.ts'
export { createPredictor } from './conflict/create-predictor.ts'
export type {
  FileChange,
  PastChange,
  PredictedTouch,
  TouchEvidence,
  TouchPredictor,
  TouchTask,
} from './conflict/create-predictor.ts'
export { pairConfidence, pairSignals } from './conflict/pair-model.ts'
export type { PairSide, PairSignal, PairSignals } from './conflict/pair-model.ts'
export { inferDependencies, inferenceThreshold } from './conflict/infer-dependencies.ts'
export type {
  InferenceOptions,
  InferenceTask,
  InferredDependency,
} from './conflict/infer-dependencies.ts'
export { predictTouches } from './conflict/predict-touches.ts'
export type { PredictTouchesOptions } from './conflict/predict-touches.ts'
export type { TouchSource } from './conflict/touch-sources.ts'
export { diffPlans } from './plan/diff-plans.ts'
export type { MovedTask, NumberChange, PlanDifference } from './plan/diff-plans.ts'
export { explain } from './plan/explain.ts'
export type { StartDecision, TaskConflict, TaskExplanation } from './plan/explain.ts'
export { revisePlan, whatIf } from './timed-questions.ts'
export type { PlanChange, WhatIfResult } from './plan/what-if.ts'
export { simulateSchedule } from './plan/simulate-schedule.ts'
export type {
  ScheduleForecast,
  SimulationOptions,
  SimulationResult,
} from './plan/simulate-schedule.ts'
export { suggestNextBatch } from './plan/suggest-next-batch.ts'
export type {
  BatchSuggestion,
  SuggestedTask,
  SuggestionOptions,
  SuggestionResult,
} from './plan/suggest-next-batch.ts'
export type { PlanRevision, RevisionResult } from './plan/revise-plan.ts'
export type {
  DependencyChange,
  PatchEffect,
  PlanPatch,
  RunningPlan,
  TaskChange,
} from './plan/plan-patch.ts'
export type { BatchSummary } from './staging/batch-summary.ts'
export { chosenTasks } from './operation/plan-choices.ts'
export type {
  ChosenTasks,
  DescribedTask,
  KnownChanges,
  PlanChoices,
} from './operation/plan-choices.ts'
export type { NextBatch, ProjectForecast } from './operation/plan-outlook.ts'
export type { DependencySuggestion } from './operation/suggest-dependencies.ts'
export type { ImportedTasks } from './operation/tasks.ts'
export type { WhatIfAnswer } from './operation/plan-questions.ts'
export type { WorkspaceExplanation } from './operation/explain-workspace.ts'
export type { WorkspaceView } from './operation/workspace-view.ts'
export type { PrunedWorkspaces } from './operation/workspaces.ts'
export type { RevisedPlan } from './operation/plan-revision.ts'
export type { ProjectPlan } from './operation/project-plan.ts'
