import { CuelineError } from '@cueline/core'

/**
 * The command as it came, when it can be started at all.
 * @throws CuelineError `invalid-input` when it is empty, not an array of texts, or holds a NUL.
 */
export function checkedCommand(command: readonly string[], whose: string): readonly string[] {
  const fail = (what: string) => {
    throw new CuelineError(
      'invalid-input',
      `The command of ${whose} ${what}; pass an argument array such as ["my-agent", "--flag"].`,
      { details: { command } },
    )
  }
  if (!Array.isArray(command)) fail(`is ${JSON.stringify(command)}, which is no array`)
  if (command.length === 0 || command[0] === '') fail('is empty')
  for (const part of command) {
    if (typeof part !== 'string') fail(`holds ${JSON.stringify(part)}, which is no text`)
    if (part.includes('\0')) fail(`holds a NUL character in ${JSON.stringify(part)}`)
  }
  return [...command]
}
