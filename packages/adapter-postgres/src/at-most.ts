/**
 * Waits for it, but no longer than so many milliseconds. The process stays meanwhile, also when nothing
 * else keeps it: what is waited for may go on by timers that do not.
 */
export async function atMost(ms: number, ending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([ending, late])
  clearTimeout(timer)
}
