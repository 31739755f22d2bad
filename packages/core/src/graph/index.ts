export { generations } from './generations.ts'
export { toGraph, type TaskGraph, type TaskNode } from './to-graph.ts'
