export { bullmqDispatcher } from './bullmq-dispatcher.ts'
export type { BullmqDispatcherOptions } from './bullmq-dispatcher.ts'
