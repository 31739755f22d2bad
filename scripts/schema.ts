// Writes packages/core/schema/*.json from the schemas in the code: `npm run schema`.
import { writeFileSync } from 'node:fs'
import { planJsonSchema } from '../packages/core/src/plan/plan-schema.ts'
import {
  planDocumentJsonSchema,
  taskJsonSchema,
} from '../packages/core/src/task/task-json-schema.ts'

const folder = new URL('../packages/core/schema/', import.meta.url)
const files = {
  'task.json': taskJsonSchema(),
  'plan-document.json': planDocumentJsonSchema(),
  'plan.json': planJsonSchema(),
}
for (const [name, schema] of Object.entries(files)) {
  writeFileSync(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`)
  console.log(`packages/core/schema/${name}`)
}
