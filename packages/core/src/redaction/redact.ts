/** Stands where a secret was. */
export const redacted = '[redacted]'

/**
 * The shapes of well-known tokens. Each begins where a run of its characters begins and stops at the
 * first other character, so that the time is linear in the length of any text.
 */
const shapes: readonly RegExp[] = [
  // OpenAI, Anthropic, Stripe and those who write keys like them.
  /(?<![\w-])(?:sk|pk|rk)[-_][\w-]{20,}/g,
  /(?<![\w-])gh[opusr]_[A-Za-z0-9]{30,}/g,
  /(?<![\w-])github_pat_\w{22,}/g,
  /(?<![\w-])glpat-[\w-]{20,}/g,
  /(?<![\w-])xox[a-z]-[\w-]{10,}/g,
  /(?<![\w-])(?:AKIA|ASIA)[0-9A-Z]{16}(?![\w-])/g,
  /(?<![\w-])AIza[\w-]{35,}/g,
  /(?<![\w-])npm_[A-Za-z0-9]{36,}/g,
  /(?<![\w-])hf_[A-Za-z0-9]{30,}/g,
  // JSON Web Tokens.
  /(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?/g,
]
/** The same, where only a part of what is found is secret: the second group. */
const partly: readonly RegExp[] = [
  /(\bauthorization["']?[ \t]?[:=][ \t]?["']?(?:bearer|basic|token)[ \t])([\w.~+/=-]{8,})/gi,
  /(:\/\/[^\s:/@]{0,256}:)([^\s/@]{1,256})(?=@)/g,
]

/**
 * The text with `[redacted]` in place of these secrets, and of whatever has the shape of a well-known
 * token (API keys, JSON Web Tokens, private keys, credentials in URLs and headers). Its time is
 * linear in the text for each secret. It hides what is printed by accident: whoever wants to get a
 * secret past it only has to spell it backwards.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let hidden = text
  for (const secret of longestFirst(secrets)) {
    if (secret !== '') hidden = hidden.replaceAll(secret, redacted)
  }
  for (const shape of shapes) hidden = hidden.replace(shape, redacted)
  for (const shape of partly) hidden = hidden.replace(shape, `$1${redacted}`)
  return hidden
}

function longestFirst(secrets: readonly string[]): readonly string[] {
  return secrets.length < 2 ? secrets : secrets.toSorted((a, b) => b.length - a.length)
}
