import { PayflowError } from '../errors.ts'

export const usage = (code: string, message: string, hint: string): PayflowError =>
  new PayflowError(code, message, { kind: 'usage', hint })
