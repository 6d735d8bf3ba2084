import { z } from 'zod'
import { runnerHealthSchema } from '../../runtime/health.ts'
import { deltaSchema } from './figures.ts'

/** What a worker's process tells the one that runs it, once a second. */
export const toldFiguresSchema = z.object({ delta: deltaSchema, health: z.array(runnerHealthSchema).readonly() })
export type ToldFigures = Readonly<z.infer<typeof toldFiguresSchema>>
