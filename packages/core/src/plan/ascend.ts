/** Sorts the numbers from `begin` to before `end`, in place. */
export function ascend(numbers: Int32Array, begin: number, end: number): void {
  if (end - begin > few) {
    numbers.subarray(begin, end).sort()
    return
  }
  for (let nth = begin + 1; nth < end; nth++) {
    const number = numbers[nth]!
    let at = nth
    for (; at > begin && numbers[at - 1]! > number; at--) numbers[at] = numbers[at - 1]!
    numbers[at] = number
  }
}

/** So few are sorted faster by inserting one after the other. */
const few = 32
