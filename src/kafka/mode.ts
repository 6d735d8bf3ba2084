import { wireMode } from './wire/compatible.ts'
import type { WireMode } from './wire/wire-mode.ts'

let mode: WireMode | undefined

/** Whose encoder and decoder this process uses: `PAYFLOW_WIRE`. */
export const currentWireMode = (): WireMode => (mode ??= wireMode(process.env))
