import { deliveries } from './deliveries.ts'
import { doctor } from './doctor.ts'
import { events } from './events.ts'
import { merges } from './merges.ts'
import { plans } from './plans.ts'
import { projects } from './projects.ts'
import { queues } from './queues.ts'
import { reports } from './reports.ts'
import { requests } from './requests.ts'
import { sessions } from './sessions.ts'
import { stages } from './stages.ts'
import { tasks } from './tasks.ts'
import { workers } from './workers.ts'
import { workspaces } from './workspaces.ts'

/** Every command and query there is, by group and name. */
export const operations = {
  projects,
  tasks,
  plans,
  stages,
  queues,
  merges,
  workers,
  requests,
  sessions,
  deliveries,
  reports,
  events,
  workspaces,
  doctor,
}
export type Operations = typeof operations
