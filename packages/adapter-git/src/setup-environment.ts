import type { Manifest } from './manifest.ts'
import { digestOf, nameOf, slugOf } from './names.ts'
import { placeholders, type CheckedSetup } from './workspace-setup.ts'

/**
 * The variables of a workspace: a temp folder and a name of its own, its ports, and what the host
 * adds. Made anew whenever they are needed, because what is kept on disk can be read by agents.
 */
export function environmentOf(setup: CheckedSetup, manifest: Manifest): Record<string, string> {
  const { temp = '', ports = {} } = manifest
  const added = Object.entries(setup.env).map(([name, text]) => [name, filledIn(text, manifest)])
  return {
    ...(temp !== '' && { TMPDIR: temp, TMP: temp, TEMP: temp }),
    CUELINE_SLUG: databaseSlugOf(manifest.setUpAs ?? manifest),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    ...Object.fromEntries(added),
  }
}

/** A text with everything in its place that `{attempt}` and the like stand for. */
export function filledIn(text: string, manifest: Manifest): string {
  const { attemptId } = manifest.setUpAs ?? manifest
  const { temp = '', ports = {} } = manifest
  return text.replaceAll(placeholders, (whole, word: string, name: string | undefined) => {
    if (word === 'attempt') return nameOf(attemptId)
    if (word === 'slug') return databaseSlugOf(manifest.setUpAs ?? manifest)
    if (word === 'temp') return temp
    return name !== undefined && Object.hasOwn(ports, name) ? String(ports[name]) : whole
  })
}

/**
 * A name that every database takes, also with a prefix: a letter, then at most 36 letters, digits
 * and underscores; another for each attempt.
 */
export function databaseSlugOf({ attemptId, code }: Pick<Manifest, 'attemptId' | 'code'>): string {
  const readable = slugOf(code).slice(0, mostReadable).replaceAll('-', '_').replace(/_$/, '')
  const start = /^[a-z]/.test(readable) ? readable : `t${readable}`
  return `${start}_${digestOf(attemptId)}`
}

const mostReadable = 19
