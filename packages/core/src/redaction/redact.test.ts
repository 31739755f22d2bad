import process from 'node:process'

import { describe, expect, it } from 'vitest'
import { redact } from './redact.ts'
import { secretsIn, withSecrets } from './secrets-in.ts'

describe('redact [S1-05, X-11]', () => {
  it.each([
    ['an Anthropic key', `sk-ant-api03-${'aB3_'.repeat(10)}`],
    ['an OpenAI key', `sk-proj-${'x'.repeat(48)}`],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
    ['a fine-grained GitHub token', `github_pat_${'a1_'.repeat(20)}`],
    ['a GitLab token', `glpat-${'x'.repeat(20)}`],
    ['a Slack token', 'xoxb-123456789012-abcdefghijkl'],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
    ['a Google key', `AIza${'b'.repeat(35)}`],
    ['an npm token', `npm_${'c'.repeat(36)}`],
    ['a JSON Web Token', `eyJ${'h'.repeat(20)}.${'p'.repeat(30)}.${'s'.repeat(43)}`],
    [
      'a private key',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc+/=\n-----END RSA PRIVATE KEY-----',
    ],
  ])('hides %s by its shape', (_, token) => {
    expect(redact(`before ${token} after`, [])).toBe('before [redacted] after')
    expect(redact(`{"key":"${token}"}`, [])).toBe('{"key":"[redacted]"}')
  })

  it('hides passwords in URLs and headers, and leaves the rest of them', () => {
    expect(redact('at postgres://anna:s3cr3t@db:5432/app', [])).toBe(
      'at postgres://anna:[redacted]@db:5432/app',
    )
    expect(redact('Authorization: Bearer abcdefgh.12345', [])).toBe(
      'Authorization: Bearer [redacted]',
    )
  })

  it('leaves alone what only looks a little like a secret', () => {
    const text =
      'task sk-1 of http://localhost:8080/a@b, risk-assessment-of-everything, basic authentication'
    expect(redact(text, [])).toBe(text)
  })

  it('hides the longer of two secrets whole', () => {
    expect(redact('abcdefghij', ['abcdefgh', 'abcdefghij'])).toBe('[redacted]')
  })

  it.each([
    ['beginnings of web tokens', '-eyJ'],
    ['beginnings of keys', '-----BEGIN PRIVATE KEY-----'],
    ['beginnings of URLs', '://a:'],
    ['headers', 'authorization: bearer '],
    ['one long word', 'sk-'],
    ['dots between tokens', 'eyJaaaaaaaaaaaa.'],
  ])('takes linear time for %s', (_, part) => {
    const text = part.repeat(1_000_000 / part.length)
    const start = process.cpuUsage()
    redact(text, ['not there'])
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000)
  })
})

describe('secretsIn [S1-05, X-11]', () => {
  it('takes the values of variables with telling names, not where something is', () => {
    const secrets = secretsIn({
      OPENAI_API_KEY: 'value-of-key',
      GH_TOKEN: 'value-of-token',
      DbPassword_: 'not-a-telling-word',
      DB_PASSWORD: 'value-of-password',
      GOOGLE_CREDENTIALS_FILE: '/home/me/credentials.json',
      SSH_AUTH_SOCK: '/tmp/agent.sock',
      PWD: '/home/me/project',
      PATH: '/usr/bin:/bin',
      SHORT_KEY: 'short',
    })
    expect(secrets).toEqual(['value-of-password', 'value-of-token', 'value-of-key'])
  })

  it('takes passwords out of URLs, and every way in which a secret may be written', () => {
    const secrets = secretsIn({ DATABASE_URL: 'postgres://me:pa%2Fss%22word@db/app' })
    expect(new Set(secrets)).toEqual(new Set(['pa/ss"word', 'pa/ss\\"word', 'pa%2Fss%22word']))
  })

  it('takes the lines of a key that is printed line by line', () => {
    const line = 'MIIEowIBAAKCAQEA1234567890'
    const secrets = secretsIn({ DEPLOY_KEY: `-----BEGIN KEY-----\n${line}\n-----END KEY-----` })
    expect(secrets).toContain(line)
    expect(redact(`  ${line}  `, secrets)).toBe('  [redacted]  ')
  })

  it('takes what the host names, however short, but not nothing', () => {
    expect(withSecrets(['longer one'], ['pin', ''])).toEqual(['longer one', 'pin'])
  })
})
