/**
 * How many of `count`, from the first on, are green together: all of them, or else so many that one more
 * is red. So what is left out is red upon something green, also where it is red only together with what
 * came before it. `known` of them are green without being asked about.
 *
 * Asks at most once, and where all together are red, another ceil(log2(count - known)) times.
 */
export async function greenPrefix(
  count: number,
  known: number,
  isGreen: (length: number) => Promise<boolean>,
): Promise<number> {
  if (known >= count || (await isGreen(count))) return count
  let green = known
  let red = count
  while (red - green > 1) {
    const middle = Math.floor((green + red) / 2)
    if (await isGreen(middle)) green = middle
    else red = middle
  }
  return green
}
