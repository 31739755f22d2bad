import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryStorage } from './memory-storage.ts'
import { workScope } from './work-scope.ts'

describe('the scope of the work of a transaction [X-11]', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('refuses calls from inside, also after a pause and beside others, and no call after its end', async () => {
    const scope = workScope()
    const outside = Promise.withResolvers<void>()
    const left = Promise.withResolvers<() => void>()
    const refused = scope.run(async () => {
      await outside.promise
      expect(() => scope.refuseInside()).toThrow('inside the work of its own transaction')
      void outside.promise.then(() => left.resolve(() => scope.refuseInside()))
    })
    scope.refuseInside()
    workScope().refuseInside()
    outside.resolve()
    await refused
    expect(await left.promise).not.toThrow()
  })

  it('keeps two storages apart: the work of one may call the other', async () => {
    const [one, other] = [memoryStorage(), memoryStorage()]
    const answer = one.transaction(() => other.transaction(async () => 'answer'))
    await expect(answer).resolves.toBe('answer')
  })

  it('lets everything pass where the host cannot tell', async () => {
    vi.stubGlobal('process', undefined)
    const scope = workScope()
    await expect(scope.run(async () => scope.refuseInside())).resolves.toBeUndefined()
  })
})
