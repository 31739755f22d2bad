const [wanted, count = '1'] = (process.env.CUELINE_FAULT_POINT ?? '').split('#')
let passed = 0

/**
 * Tests have a process die right here, as if the power had failed: they start it with
 * CUELINE_FAULT_POINT set to the name of the point, or to `name#n` for the n-th time it is passed.
 * Nothing happens otherwise.
 */
export const faultPoint: (name: string) => void =
  wanted === ''
    ? () => {}
    : (name) => {
        if (name !== wanted) return
        passed += 1
        if (passed === Number(count)) process.kill(process.pid, 'SIGKILL')
      }
