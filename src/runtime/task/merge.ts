/** What decides of an input; see `Input`. */
interface Head {
  readonly drained: boolean
  readonly peek: () => { readonly time: number | undefined } | undefined
}

/**
 * The input whose head comes next: the one with the smallest event time among what is fetched. Of equal ones, the first of the definition.
 *
 * An idle input holds nobody up, because what comes next in it may never come; so a task's event time is that of the records it has
 * processed, of whichever input. An input is idle only when a broker has said so: until it has answered, and while it is known to have
 * something that is not fetched yet, the others wait for it. And nothing but a processed record moves event time on: neither a clock nor an
 * input that is empty. Bad input goes first, having no time. The inbox has its own order and is waited for in the same way.
 */
export function nextInput<Source extends Head>(inputs: readonly Source[]): Source | undefined {
  let next: Source | undefined
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
