import { describe, expect, it } from 'vitest'

import { forgeRepository } from './remote-url.ts'

describe('the repository of a forge', () => {
  it.each([
    ['https://github.com/green/house.git', 'github.com/green/house'],
    ['https://token@github.com/green/house', 'github.com/green/house'],
    ['git@github.com:green/house.git', 'github.com/green/house'],
    ['ssh://git@forge.example:2222/green/ho.use.git', 'forge.example/green/ho.use'],
    ['/srv/git/house.git', undefined],
    ['https://github.com/house', undefined],
    ['https://github.com/a/b/c', undefined],
  ])('of %s is %s', (url, repository) => {
    expect(forgeRepository(url)).toBe(repository)
  })
})
