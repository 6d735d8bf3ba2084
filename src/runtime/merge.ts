import type { Input } from './input.ts'

/**
 * The input whose head comes next: the one with the smallest event time among what is fetched. An input with nothing fetched is
 * waited for only while it is known to have something: idle, it holds nobody up. Bad input goes first, having no time.
 * The inbox has its own order and is waited for likewise.
 */
export function nextInput(inputs: readonly Input[]): Input | undefined {
  let next: Input | undefined
  let least = Infinity
  for (const input of inputs) {
    const head = input.peek()
    if (!head) {
      if (!input.drained) return undefined
      continue
    }
    const time = head.time ?? -Infinity
    if (next === undefined || time < least) {
      next = input
      least = time
    }
  }
  return next
}
