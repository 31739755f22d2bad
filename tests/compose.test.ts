import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { composeFolder as folder, servicesOf } from './compose-services.ts'

const root = join(folder, '../..')

// There are no containers here, so what a composition names is looked up where it would be used.
describe.each([
  ['compose.yaml', ['compose.yaml']],
  ['compose.redis.yaml over it', ['compose.yaml', 'compose.redis.yaml']],
])('%s of many machines [X-14, X-18]', (_, files) => {
  const services = servicesOf(...files)
  const programs = Object.values(services).filter(({ command }) => command !== undefined)

  it('runs programs that exist, on the pinned runtime, in the checkout', () => {
    const { nodeVersion } = parse(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')) as {
      nodeVersion: string
    }
    expect(programs.length).toBeGreaterThan(1)
    for (const { image, command = [], volumes, working_dir } of programs) {
      expect(image).toBe(`node:${nodeVersion.split('.')[0]}`)
      expect(volumes).toEqual([`../..:${working_dir}`])
      expect(command[0]).toBe('node')
      const program = command.at(-1) ?? ''
      expect(existsSync(join(root, program)), program).toBe(true)
    }
  })

  it('tells them only what they read', () => {
    const read = ['main.ts', 'worker.ts', 'fleet.ts']
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n')
    for (const { environment = {} } of programs) {
      for (const name of Object.keys(environment)) expect(read).toContain(`process.env['${name}']`)
    }
  })

  it('waits for servers that say when they are healthy, and names them as hosts', () => {
    for (const { depends_on = {}, environment = {} } of programs) {
      const servers = Object.keys(depends_on)
      expect(servers.length).toBeGreaterThan(0)
      for (const server of servers) {
        expect(depends_on[server]?.condition).toBe('service_healthy')
        expect(services[server]?.healthcheck).toBeDefined()
      }
      const urls = Object.entries(environment).filter(([name]) => name.endsWith('_URL'))
      expect(urls.map(([, url]) => new URL(url).hostname).sort()).toEqual(servers.sort())
    }
  })

  it('asks the database for its health as the user that it makes', () => {
    const { healthcheck, environment = {} } = services['postgres'] ?? {}
    expect(healthcheck?.test).toEqual([
      'CMD-SHELL',
      `pg_isready -U ${environment['POSTGRES_USER']}`,
    ])
  })

  it('lets the database in that it makes', () => {
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } =
      services['postgres']?.environment ?? {}
    for (const { environment = {} } of programs) {
      const { username, password, pathname } = new URL(environment['DATABASE_URL'] ?? '')
      expect([username, password, pathname]).toEqual([
        POSTGRES_USER,
        POSTGRES_PASSWORD,
        `/${POSTGRES_DB}`,
      ])
    }
  })
})
