import { PayflowError, messageOf } from './errors.ts'

/** Something that is wrong, or will be: its cause, what shows it, and the command that helps. */
export interface CheckFinding {
  /** `warning`: it works now. */
  readonly severity: 'error' | 'warning'
  readonly what: string
  /** What was seen: figures, settings, names; a line each. */
  readonly evidence: readonly string[]
  /** One line: what to do, with the command in backquotes. */
  readonly hint: string
  /** Puts it right without touching anything that is in use. Absent: that is for people to decide. */
  readonly fix?: () => void | Promise<void>
}

/** What one look has found. */
export interface Check {
  readonly name: string
  /** What was looked at, and how it is, in a line. */
  readonly summary: string
  readonly findings: readonly CheckFinding[]
  /** Nothing could be found out: neither good nor bad. */
  readonly unknown?: boolean
}

/** A failure that a user can act on, as a finding. @throws what is not one */
export function findingOf(error: unknown, evidence: readonly string[] = []): CheckFinding {
  if (!(error instanceof PayflowError)) throw error
  return { severity: 'error', what: error.message, evidence, hint: error.hint ?? 'see more with --verbose' }
}

/** Runs a check. What keeps it from finding out becomes part of its answer: one check must not hide the others. */
export async function checked(name: string, look: () => Promise<Omit<Check, 'name'>>): Promise<Check> {
  try {
    return { name, ...(await look()) }
  } catch (error) {
    return { name, summary: `not known: ${messageOf(error)}`, findings: [], unknown: true }
  }
}
