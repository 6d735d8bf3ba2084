/** Freezes plain data all the way down, and hands it back. Steps are pure: one that changes its event or its old state throws. */
export function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}

/** Whether this is what JavaScript says of a change to something frozen. */
export const isOfFrozen = (error: unknown): boolean =>
  error instanceof TypeError && /read only property|not extensible|Cannot (delete|redefine|define) property/.test(error.message) // prettier-ignore
