import { describe, expect, it } from 'vitest'
import publishedPlan from '../../schema/plan-document.json' with { type: 'json' }
import publishedTask from '../../schema/task.json' with { type: 'json' }
import { planDocumentJsonSchema, taskJsonSchema } from './task-json-schema.ts'

describe('the published JSON Schema [S3-01]', () => {
  it('is what the code checks: run `npm run schema` when this fails', () => {
    expect(publishedTask).toEqual(plain(taskJsonSchema()))
    expect(publishedPlan).toEqual(plain(planDocumentJsonSchema()))
  })

  it('is one self-contained document that needs an id and a title', () => {
    const schema = taskJsonSchema()
    expect(schema).toMatchObject({
      $id: 'urn:cueline:schema:task',
      type: 'object',
      required: ['id', 'title'],
      additionalProperties: false,
    })
    expect(JSON.stringify(schema)).not.toContain('$ref')
  })
})

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
