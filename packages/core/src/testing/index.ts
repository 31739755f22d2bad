export { exampleBrief, recordedContext } from './example-brief.ts'
