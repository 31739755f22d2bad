const wanted = process.env.CUELINE_FAULT_POINT

/**
 * Tests have a process die right here, as if the power had failed: they start it with the name of
 * the point in CUELINE_FAULT_POINT. Nothing happens otherwise.
 */
export const faultPoint: (name: string) => void =
  wanted === undefined
    ? () => {}
    : (name) => {
        if (name === wanted) process.kill(process.pid, 'SIGKILL')
      }
