// A gate of your own: it refuses summaries that say nothing. It proves itself with the published
// contract suite under node:test, then judges a run.
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createCueline, type Gate } from '@cueline/core'
import { exampleBrief, gateSuite } from '@cueline/core/testing'

// #region gate
/** Passes when the words that the task asks for stand in the text. */
function wordGate(textOf: (code: string) => Promise<string>): Gate {
  return {
    name: 'words',
    async judge({ attempt }, signal) {
      signal.throwIfAborted()
      const wanted = attempt.task.context?.acceptanceCriteria ?? []
      const text = (await textOf(attempt.task.code)).toLowerCase()
      const missing = wanted.filter((word) => !text.includes(word.toLowerCase()))
      return {
        gate: 'words',
        result: missing.length === 0 ? 'pass' : 'fail',
        summary: missing.length === 0 ? 'every word is there' : `missing: ${missing.join(', ')}`,
        durationMs: 0,
        cause: missing.length === 0 ? null : 'code',
        evidence: text.slice(-500),
      }
    },
  }
}
// #endregion gate

// #region suite
const brief = exampleBrief()
const judged = { ...brief, task: { ...brief.task, context: criteria('tea', 'milk') } }
const texts = {
  passes: async () => 'Tea with milk.',
  fails: async () => 'Coffee.',
  'cannot-judge': async () => Promise.reject(new Error('the text cannot be read')),
  'never-ends': () => new Promise<string>(() => {}),
  'prints-a-lot': async () => `tea milk ${'x'.repeat(1_000_000)}`,
}
gateSuite(
  {
    describe: (name, body) => void describe(name, body),
    it: (name, body) => void it(name, body),
    fails: (name, body) => void it(name, () => assert.rejects(body())),
  },
  {
    create: () => ({
      create: (behaviour) => abortable(wordGate(texts[behaviour])),
      subject: { attempt: judged },
    }),
  },
)
// #endregion suite

void describe('a run with the gate', () => {
  void it('sends work back until the words are there', async () => {
    const written = new Map<string, string>()
    const cueline = await createCueline({
      runner: async ({ task, feedback }) => {
        written.set(task.code, feedback.length === 0 ? 'Tea.' : 'Tea, and milk.')
      },
      gates: () => [wordGate(async (code) => written.get(code) ?? '')],
    })
    after(() => cueline.close())
    const { id: projectId } = await cueline.projects.create({ name: 'Tea' })
    const context = { acceptanceCriteria: ['tea', 'milk'] }
    await cueline.tasks.add({ projectId, tasks: [{ id: 'T1', title: 'Write it', context }] })
    const plan = await cueline.plans.build({ projectId })
    await cueline.stages.fromPlan({ planId: plan.id, force: true })
    const report = await cueline.run({ projectId })
    assert.deepEqual([report.tasks.done, report.attempts], [1, 2])
  })
})

function criteria(...acceptanceCriteria: string[]) {
  return {
    projectBackground: '',
    architecture: '',
    guidance: '',
    tdd: { cases: [] },
    acceptanceCriteria,
    gates: [],
  }
}

/** Rejects when the signal aborts, so that a text that never comes does not hang the gate. */
function abortable(gate: Gate): Gate {
  return {
    name: gate.name,
    judge: (subject, signal) =>
      Promise.race([
        gate.judge(subject, signal),
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
      ]),
  }
}
