/** The protocol's error code, if the error came from a broker's answer; kafkajs wraps what it has retried. */
export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'number') return error.code
  if ('cause' in error && error.cause !== error) return codeOf(error.cause)
  return undefined
}
