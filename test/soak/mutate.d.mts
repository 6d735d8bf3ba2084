export const mutationNames: readonly string[]
/** @throws when a replacement of the mutation is not found exactly once. */
export function copyOf(root: string, directory: string, name: string): string
