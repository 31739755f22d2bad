import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redact } from './redact.ts'
import { redactedStream } from './redacted-stream.ts'

const secrets = ['hunter2 with spaces', 'hunter2', 'two\nlines of it', 'aaaab']
const tokens = [
  `sk-ant-${'x'.repeat(30)}`,
  `eyJ${'h'.repeat(12)}.${'p'.repeat(12)}.${'s'.repeat(12)}`,
  '-----BEGIN PRIVATE KEY-----\nMIIE abc\n-----END PRIVATE KEY-----',
]
const part = fc.oneof(
  fc.constantFrom(
    ...secrets,
    ...tokens,
    'Authorization: Bearer abcdefgh12',
    'a',
    '\n',
    ' ',
    'aaaa',
  ),
  fc.constantFrom('://me:pass1234@host', 'hunter2 with', '-----BEGIN ', 'authorization'),
  fc.string({ maxLength: 5 }),
)

/** What a stream gives out for these pieces, and the longest that it ever held back. */
function streamed(pieces: readonly string[], ...hidden: readonly string[]) {
  let said = ''
  const stream = redactedStream(hidden, (text) => (said += text))
  let held = 0
  let given = 0
  for (const piece of pieces) {
    stream.add(piece)
    given += piece.length
    held = Math.max(held, given - said.length)
  }
  stream.flush()
  return { said, held }
}

describe('redactedStream [S1-05, X-11]', () => {
  it('shows no secret and no token, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }),
        (parts, cuts) => {
          const text = parts.join(' ')
          const pieces: string[] = []
          for (let at = 0, index = 0; at < text.length; index += 1) {
            const length = (cuts[index % cuts.length] ?? 0) + 1
            pieces.push(text.slice(at, at + length))
            at += length
          }
          const { said } = streamed(pieces, ...secrets)
          // Hides the same as all at once, give or take how a run of hidden things is counted.
          for (const secret of [...secrets, ...tokens]) {
            expect(said).not.toContain(secret)
          }
          expect(said.replaceAll('[redacted]', '')).toBe(
            redact(text, secrets).replaceAll('[redacted]', ''),
          )
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('holds nothing back once a line is over, and little of a word without an end', () => {
    let said = ''
    const stream = redactedStream(['hunter2-hunter2'], (text) => (said += text))
    stream.add('working on it: 20 %\n')
    expect(said).toBe('working on it: 20 %\n')
    const { held, said: all } = streamed(Array.from({ length: 1_000 }, () => 'y'.repeat(100)))
    expect(held).toBeLessThanOrEqual(4_196)
    expect(all).toHaveLength(100_000)
  })
})
