/** What a setting may be. `types.ts` makes the schema of it, so that help needs no zod. */
export type Kind =
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'integer' | 'duration' | 'size'; readonly from: number | string; readonly to: number | string }
  /** `file`: a path; `pem`: a path, or PEM text itself. */
  | { readonly is: 'text' | 'file' | 'pem'; readonly allowed: string }
  /** `listen`: where to listen, a host and a port. */
  | { readonly is: 'brokers' | 'url' | 'listen' }

/** One setting. Its option, variable, key in the file, help, place in a child's environment and README line follow from its row. */
export interface Row {
  readonly kind: Kind
  /** As a user would write it. Absent: the setting may be undefined. */
  readonly default?: string | number
  /** What help and README say where the default alone does not say it. */
  readonly defaultText?: string
  /** One short sentence, without a full stop. */
  readonly help: string
  /** Of its option, with the placeholder. Absent: only variable and file set it. */
  readonly option?: `--${string} <${string}>`
  /** Every command takes the option; unlisted, help does not show it: it is one of many for secured clusters. */
  readonly global?: true | 'unlisted'
  /** Never shown, and never an option: arguments are public. `<variable>_FILE` names a file that holds it. */
  readonly secret?: true
  /** Child processes get the value in their environment. */
  readonly handedOn?: true
}

export const choice = <const Of extends readonly string[]>(...of: Of) => ({ is: 'choice', of }) as const
export const integer = (from: number, to: number) => ({ is: 'integer', from, to }) as const
export const duration = (from: string, to: string) => ({ is: 'duration', from, to }) as const
/** Bytes, as `512MB`. */
export const size = (from: string, to: string) => ({ is: 'size', from, to }) as const
export const text = (allowed: string) => ({ is: 'text', allowed }) as const
export const file = (allowed: string) => ({ is: 'file', allowed }) as const
export const pem = (allowed: string) => ({ is: 'pem', allowed }) as const
