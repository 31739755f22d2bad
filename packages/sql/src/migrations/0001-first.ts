import type { Migration } from '../migrate.ts'

/** Types stand in braces, by the kinds of `Dialect.types`. Never edited: a change is a new file. */
export const first: Migration = {
  number: 1,
  name: 'first',
  statements: [
    `create table settings (
      name {text} not null primary key,
      value {int} not null
    )`,
    `create table logs (
      project_id {text} not null primary key,
      last_sequence {int} not null
    )`,
    `create table events (
      project_id {text} not null,
      sequence {int} not null,
      actor {text} not null,
      event {json} not null,
      primary key (project_id, sequence)
    )`,
    `create table projects (
      id {text} not null primary key,
      name {text} not null,
      settings {json} not null,
      paused_at {int},
      created_at {int} not null
    )`,
    `create table tasks (
      id {text} not null primary key,
      project_id {text} not null,
      code {text} not null,
      position {real} not null,
      title {text} not null,
      description {text} not null,
      type {text} not null,
      status {text} not null,
      priority {text} not null,
      epic {text},
      sprint {text},
      parent {text},
      estimate {json},
      touches {json} not null,
      resources {json} not null,
      repository {text},
      base_branch {text},
      account {text},
      capabilities {json} not null,
      context {json},
      context_ready {bool} not null,
      forced {bool} not null,
      batch_id {text},
      staged_at {int},
      stage_priority {real} not null,
      open_dependencies {int} not null,
      reached {text} not null,
      layer {int} not null,
      tail {real} not null,
      work_order_id {text},
      attempt_count {int} not null,
      summary {text},
      failure {json},
      revision {int} not null,
      created_at {int} not null,
      started_at {int},
      settled_at {int},
      changed_at {int} not null,
      unique (project_id, code)
    )`,
    `create index tasks_by_batch on tasks (project_id, batch_id, status, layer, changed_at)`,
    `create index tasks_queued on tasks (
      project_id,
      (case priority when 'high' then 0 when 'normal' then 1 else 2 end),
      stage_priority desc,
      tail desc,
      position,
      id
    ) where work_order_id is not null and status = 'staged'`,
    `create table dependencies (
      id {serial},
      project_id {text} not null,
      task_id {text} not null,
      depends_on {text} not null,
      release_on {text} not null,
      source {text} not null,
      confidence {real} not null,
      evidence {text},
      unique (task_id, depends_on)
    )`,
    `create index dependencies_by_target on dependencies (depends_on)`,
    `create table batches (
      id {text} not null primary key,
      project_id {text} not null,
      name {text} not null,
      description {text} not null,
      "order" {real} not null,
      max_parallel_tasks {int} not null,
      auto_promote {bool} not null,
      promoted_at {int},
      paused_at {int},
      generation {int} not null,
      open_layer {int},
      stuck_since {int},
      stuck_reason {text},
      stuck_count {int} not null,
      created_at {int} not null
    )`,
    `create index batches_by_project on batches (project_id)`,
    `create table work_orders (
      id {text} not null primary key,
      project_id {text} not null,
      task_id {text} not null,
      status {text} not null,
      fence {int} not null,
      attempt_id {text},
      worker_id {text},
      charged_attempts {int} not null,
      uncharged_attempts {int} not null,
      interruptions {int} not null,
      not_before {int} not null,
      enqueued_at {int} not null,
      settled_at {int}
    )`,
    `create index work_orders_by_task on work_orders (task_id)`,
    `create index work_orders_claimed on work_orders (project_id) where status = 'claimed'`,
    `create index work_orders_delayed on work_orders (project_id, not_before)
      where status = 'queued' and not_before > 0`,
    `create table attempts (
      id {text} not null primary key,
      project_id {text} not null,
      task_id {text} not null,
      work_order_id {text} not null,
      number {int} not null,
      worker_id {text} not null,
      fence {int} not null,
      status {text} not null,
      started_at {int} not null,
      waiting_since {int},
      waited_ms {int} not null,
      ended_at {int},
      summary {text},
      failure {json},
      verdicts {json} not null,
      merged {text}
    )`,
    `create index attempts_by_task on attempts (task_id)`,
    `create index attempts_by_status on attempts (project_id, status)`,
    `create table requests (
      id {text} not null primary key,
      project_id {text} not null,
      task_id {text} not null,
      attempt_id {text} not null,
      kind {text} not null,
      text {text} not null,
      options {json} not null,
      status {text} not null,
      answer {text},
      answered_by {text},
      asked_at {int} not null,
      answered_at {int}
    )`,
    `create index requests_by_task on requests (task_id)`,
    `create index requests_by_status on requests (project_id, status)`,
    `create table holds (
      project_id {text} not null,
      account {text} not null,
      until {int} not null,
      reason {text} not null,
      primary key (project_id, account)
    )`,
    `create table workers (
      id {text} not null primary key,
      project_id {text} not null,
      name {text} not null,
      status {text} not null,
      registered_at {int} not null
    )`,
    `create index workers_by_project on workers (project_id)`,
    `create table leases (
      work_order_id {text} not null primary key,
      fence {int} not null,
      worker_id {text} not null,
      until {int} not null
    )`,
    `create table heartbeats (
      worker_id {text} not null primary key,
      heard_at {int} not null
    )`,
    `create table plans (
      id {text} not null primary key,
      project_id {text} not null,
      revision {int} not null,
      hash {text} not null,
      created_at {int} not null,
      plan {json} not null
    )`,
    `create index plans_by_project on plans (project_id, revision)`,
    `create table artifact_bytes (
      project_id {text} not null,
      hash {text} not null,
      bytes {bytes} not null,
      primary key (project_id, hash)
    )`,
    `create table artifacts (
      id {serial},
      project_id {text} not null,
      hash {text} not null,
      name {text} not null,
      task_id {text},
      attempt_id {text},
      size {int} not null,
      created_at {int} not null
    )`,
    `create unique index artifacts_once on artifacts (
      project_id, hash, name, coalesce(task_id, ''), coalesce(attempt_id, '')
    )`,
    `create index artifacts_by_task on artifacts (task_id)`,
  ],
}
