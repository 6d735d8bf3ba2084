/** Whether this is PEM text itself, and not the name of a file with it. */
export const isPemText = (value: unknown): boolean => typeof value === 'string' && value.includes('-----BEGIN ')

/** PEM text whose lines were joined by a backslash and an n, as variables often have it, with lines again. */
export const withLines = (text: string): string => text.replaceAll('\\n', '\n')
