import { describe, expect, it } from 'vitest'

import { findProcess, listFromPs, listProcesses, startedWith } from './list-processes.ts'

describe('the processes of this machine', () => {
  it('are found by /proc and by ps alike', async () => {
    const shape = ({ pid, parent, group }: { pid: number; parent: number; group: number }) => ({
      pid,
      parent,
      group,
    })
    const own = (await listProcesses()).find((entry) => entry.pid === process.pid)
    const byPs = (await listFromPs()).find((entry) => entry.pid === process.pid)
    expect(own && shape(own)).toEqual(byPs && shape(byPs))
    expect(own?.parent).toBe(process.ppid)
    expect(byPs?.started).toMatch(/\d\d:\d\d:\d\d/)
  })

  it('know what they were started with, whole and exact', async () => {
    const [name, value] = Object.entries(process.env).find(([key]) => key === 'PATH') ?? []
    expect(startedWith(process.pid, `${name}=`)).toBe(false)
    expect(startedWith(process.pid, `ATH=${value}`)).toBe(false)
    expect(startedWith(2 ** 22 + 1, 'PATH=')).toBe(false)
    expect(await findProcess(2 ** 22 + 1)).toBeNull()
  })
})
