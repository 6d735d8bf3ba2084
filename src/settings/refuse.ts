import type { ErrorCode } from '../error-codes.ts'
import { PayflowError } from '../errors.ts'

export const usage = (code: ErrorCode, message: string, hint: string): PayflowError =>
  new PayflowError(code, message, { kind: 'usage', hint })
