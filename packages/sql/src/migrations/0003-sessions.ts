import type { Migration } from '../migrate.ts'

/** The agents' own sessions. Attempts of before have none. */
export const sessions: Migration = {
  number: 3,
  name: 'sessions',
  statements: [
    `create table sessions (
      id {text} not null primary key,
      project_id {text} not null,
      agent_session_id {text} not null,
      worker_id {text} not null,
      task_id {text} not null,
      attempt_id {text} not null,
      status {text} not null,
      end_reason {text},
      started_at {int} not null,
      last_used_at {int} not null,
      ended_at {int}
    )`,
    `create index sessions_by_task on sessions (task_id)`,
    `create index sessions_by_status on sessions (project_id, status)`,
    `alter table attempts add column session_id {text}`,
  ],
}
