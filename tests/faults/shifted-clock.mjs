// Preloaded into an engine process: its Date goes wrong by CUELINE_CLOCK_SHIFT_MS, or jumps there
// and back every 20 ms when CUELINE_CLOCK_JUMPS is set. Monotonic clocks stay right.
import process from 'node:process'

const shift = Number(process.env.CUELINE_CLOCK_SHIFT_MS)
const jumps = process.env.CUELINE_CLOCK_JUMPS === '1'
const RealDate = Date
const off = () => (jumps && Math.floor(RealDate.now() / 20) % 2 === 0 ? 0 : shift)

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + off())
    else super(...given)
  }
  static now() {
    return RealDate.now() + off()
  }
}
