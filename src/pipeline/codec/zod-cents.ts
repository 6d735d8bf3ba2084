import { z } from 'zod'
import { MAX_CENTS, type Cents } from '../money.ts'

/** Money in a worker's state: whole cents, which `addCents` and the others take as they are. `cents(0)` is what it may begin with. */
export const zodCents = (): z.ZodType<Cents> => z.int().min(0).max(MAX_CENTS) as unknown as z.ZodType<Cents>
