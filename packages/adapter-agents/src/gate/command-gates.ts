import type { Gate, Gates, GateSpec } from '@cueline/core'

import { commandGate, type GateProcessOptions } from './command-gate.ts'

/**
 * The gates that a task's context asks for (`context.gates`), as commands run in its workspace. A
 * task that asks for none gets none; a command that cannot be one makes a gate that says `error`.
 */
export function commandGates(options: GateProcessOptions = {}): Gates {
  return (attempt) => (attempt.task.context?.gates ?? []).map((spec) => gateOf(spec, options))
}

function gateOf({ name, command, timeoutMs }: GateSpec, options: GateProcessOptions): Gate {
  try {
    return commandGate({ ...options, name, command, timeoutMs })
  } catch (error) {
    return { name, judge: () => Promise.reject(error) }
  }
}
