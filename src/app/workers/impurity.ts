const HOUR_MS = 3_600_000

/**
 * Runs something twice within it, the second time (`later`) under a clock that is an hour ahead, and says which sources of what is never the same
 * twice were asked. Both must be synchronous: what is global is changed meanwhile.
 */
export function watchingImpurity<Result extends object>(
  run: (later: <Inner>(inner: () => Inner) => Inner) => Result,
): Result & { readonly used: readonly string[] } {
  const used = new Set<string>()
  let shiftMs = 0
  const { Date: RealDate } = globalThis
  const { random } = Math
  const now = (): number => RealDate.now() + shiftMs

  const clock = new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget) => {
      if (given.length > 0) return Reflect.construct(target, given, newTarget) as Date
      used.add('new Date()')
      return Reflect.construct(target, [now()], newTarget) as Date
    },
    get: (target, name, receiver) => {
      if (name !== 'now') return Reflect.get(target, name, receiver) as unknown
      return () => {
        used.add('Date.now()')
        return now()
      }
    },
  })
  globalThis.Date = clock
  Math.random = () => {
    used.add('Math.random()')
    return random()
  }
  try {
    const result = run((inner) => {
      shiftMs = HOUR_MS
      return inner()
    })
    return { ...result, used: [...used] }
  } finally {
    globalThis.Date = RealDate
    Math.random = random
  }
}
