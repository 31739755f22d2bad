import { describe, expect, it } from 'vitest'

import { isPostgresUrl, refuseOtherUrls, shownDatabase, withoutSchema } from './database-place.ts'

describe('the database that --db names', () => {
  it('is a server for URLs of Postgres and a file for everything else', () => {
    for (const db of ['postgres://a/b', 'postgresql://a@b:1/c', 'Postgres://a/b'])
      expect(isPostgresUrl(db)).toBe(true)
    for (const db of ['postgres', './postgres://a', 'cueline.db', 'https://a/b', '']) {
      expect(isPostgresUrl(db)).toBe(false)
    }
  })

  it('is never a URL of something else, or a slip in one of Postgres, and no password is shown', () => {
    for (const db of [
      'mysql://me:secret@host/plans',
      'postgres:/me:secret@host/plans',
      'postgre://me:secret@host/plans',
      'sqlite:plans.db',
      'file:plans.db',
    ]) {
      expect(() => refuseOtherUrls(db)).toThrow(/neither a path nor a URL of Postgres/)
      expect(() => refuseOtherUrls(db)).not.toThrow(/secret/)
    }
    for (const db of [
      'postgres://a/b',
      'plans.db',
      'C:\\plans.db',
      './file:plans.db',
      '/a:b/c.db',
    ]) {
      expect(() => refuseOtherUrls(db)).not.toThrow()
    }
  })

  it('is shown without its password', () => {
    expect(shownDatabase('postgres://me:secret@host:5432/plans')).toBe(
      'postgres://me@host:5432/plans',
    )
    expect(shownDatabase('some/where.db')).toBe('some/where.db')
  })

  it('may name a schema, which is no part of what the driver gets', () => {
    expect(withoutSchema('postgres://host/plans?schema=team&sslmode=require')).toEqual({
      url: 'postgres://host/plans?sslmode=require',
      schema: 'team',
    })
    expect(withoutSchema('postgres://host/plans')).toEqual({ url: 'postgres://host/plans' })
  })
})
