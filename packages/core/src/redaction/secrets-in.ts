/** Shorter values are words and numbers of every text; hiding them would hide the text. */
const shortestSecret = 8
/** A line of a longer secret, such as a private key, that tells something by itself. */
const shortestLine = 20

const secretWords: ReadonlySet<string> = new Set([
  'KEY',
  'TOKEN',
  'SECRET',
  'PASSWORD',
  'PASSWD',
  'PASSPHRASE',
  'PASS',
  'PWD',
  'CREDENTIAL',
  'CREDENTIALS',
  'APIKEY',
  'PAT',
])
/** What a name ends with that says where a secret is, not what it is. */
const places: ReadonlySet<string> = new Set(['FILE', 'PATH', 'DIR', 'NAME', 'ID', 'SOCK'])

/**
 * The texts that must not be stored when a process gets these environment variables: the values of
 * those whose names speak of a key, token, secret, password or credential, and passwords inside
 * URLs; as they are, line by line, and as JSON and URLs write them. Values under 8 characters are
 * left out. Longest first.
 */
export function secretsIn(environment: Readonly<Record<string, string>>): readonly string[] {
  const found = new Set<string>()
  for (const [name, value] of Object.entries(environment)) {
    if (isSecretName(name)) addSecret(found, value)
    const password = passwordIn(value)
    if (password !== null) addSecret(found, password)
  }
  return longestFirst(found)
}

/** The same for texts that a host names itself, short ones too. */
export function withSecrets(secrets: readonly string[], added: readonly string[]) {
  return longestFirst(new Set([...secrets, ...added.filter((text) => text !== '')]))
}

function isSecretName(name: string): boolean {
  // `PWD` alone is the folder that a process is in.
  if (name === 'PWD' || name === 'OLDPWD') return false
  const words = name.toUpperCase().split(/[^A-Z0-9]/)
  if (places.has(words.at(-1) ?? '')) return false
  return words.some((word) => secretWords.has(word) || /(?:KEY|TOKEN|SECRET)$/.test(word))
}

function passwordIn(value: string): string | null {
  if (!value.includes('://')) return null
  try {
    return decodeURIComponent(new URL(value).password)
  } catch {
    return null
  }
}

function addSecret(found: Set<string>, value: string): void {
  const text = value.trim()
  if (text.length < shortestSecret) return
  for (const written of [text, JSON.stringify(text).slice(1, -1), urlPart(text)]) found.add(written)
  for (const line of text.split('\n')) {
    const part = line.trim()
    if (part.length >= shortestLine && !part.startsWith('-----')) found.add(part)
  }
}

function urlPart(text: string): string {
  // An unpaired surrogate has no form in a URL.
  return encodeURIComponent(text.toWellFormed())
}

function longestFirst(texts: ReadonlySet<string>): readonly string[] {
  return [...texts].toSorted((left, right) => right.length - left.length)
}
