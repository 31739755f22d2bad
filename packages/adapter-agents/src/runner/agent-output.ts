import { redact, redactedStream, type Report } from '@cueline/core'

import { outputTail } from '../process/output-tail.ts'

const tailLength = 4096
/** A longer line is certainly no message to us. */
const longestLine = 64 * 1024
const prefix = '{"cueline"'

/**
 * Takes what a command prints: hides `secrets` and well-known tokens in it, passes it on up to `limit` bytes, counts the rest, keeps the end of
 * each stream and picks the lines for us - progress and the agent's session - out of
 * standard output. Memory stays bounded, whatever
 * comes.
 */
export function agentOutput(
  report: Pick<Report, 'output' | 'progress' | 'session'>,
  limit: number,
  secrets: readonly string[],
) {
  const tails = { stdout: outputTail(tailLength), stderr: outputTail(tailLength) }
  const readLine = lineReader((line) => {
    const { progress, session } = messageOf(line)
    if (session !== null) report.session(session)
    if (progress !== null) report.progress(redact(progress, secrets))
  })
  let passed = 0
  let dropped = 0
  const pass = (text: string, stream: 'stdout' | 'stderr') => {
    tails[stream].add(text)
    const bytes = Buffer.byteLength(text)
    if (dropped > 0) {
      dropped += bytes
    } else if (passed + bytes <= limit) {
      passed += bytes
      report.output(text, stream)
    } else {
      const room = limit - passed
      passed = limit
      dropped = bytes - room
      if (room > 0) report.output(firstBytes(text, room), stream)
      report.output(`\n[output cut here: ${limit} bytes is the limit of an attempt]\n`, stream)
    }
  }
  const streams = {
    stdout: redactedStream(secrets, (text) => pass(text, 'stdout')),
    stderr: redactedStream(secrets, (text) => pass(text, 'stderr')),
  }
  return {
    tails,
    add(text: string, stream: 'stdout' | 'stderr') {
      if (stream === 'stdout') readLine(text)
      streams[stream].add(text)
    },
    /** The command has ended: what might have been the beginning of a secret is none. */
    flush() {
      streams.stdout.flush()
      streams.stderr.flush()
    },
    /** Says how much was left out, once, at the end. */
    end() {
      streams.stdout.flush()
      streams.stderr.flush()
      if (dropped > 0) report.output(`[${dropped} bytes of output were not kept]\n`, 'stdout')
      return { passed, dropped }
    },
  }
}

function lineReader(onLine: (line: string) => void) {
  let partial = ''
  let tooLong = false
  return (text: string) => {
    let from = 0
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      if (!tooLong && partial.length + at - from <= longestLine) {
        onLine(partial + text.slice(from, at))
      }
      partial = ''
      tooLong = false
      from = at + 1
    }
    if (tooLong) return
    if (partial.length + text.length - from > longestLine) {
      partial = ''
      tooLong = true
    } else {
      partial += text.slice(from)
    }
  }
}

interface Message {
  readonly progress: string | null
  readonly session: string | null
}
const nothing: Message = { progress: null, session: null }

function messageOf(line: string): Message {
  const text = line.trim()
  if (!text.startsWith(prefix)) return nothing
  try {
    const { cueline } = JSON.parse(text) ?? {}
    return { progress: textOf(cueline?.progress), session: textOf(cueline?.session) }
  } catch {
    return nothing
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** As many whole characters as fit into so many bytes. */
function firstBytes(text: string, bytes: number): string {
  const cut = Buffer.from(text).subarray(0, bytes).toString('utf8')
  return cut.endsWith('\uFFFD') && !text.startsWith(cut) ? cut.slice(0, -1) : cut
}
