import { z } from 'zod'
import { EVENTS_VERSION, workerEventSchema, type WorkerEvent } from '../../runtime/events.ts'
import { toldFiguresSchema, type ToldFigures } from '../metrics/told.ts'
import type { WorkerSummary } from '../../runtime/run-workers.ts'

const summarySchema = z.object({
  worker: z.string(),
  processed: z.number(),
  emitted: z.number(),
  deadLetters: z.number(),
  seconds: z.number(),
})

/** What a worker process tells the process that runs it, over their channel. */
const workerMessageSchema = z.discriminatedUnion('type', [
  z.object({ version: z.literal(EVENTS_VERSION), type: z.literal('event'), event: workerEventSchema }),
  z.object({ version: z.literal(EVENTS_VERSION), type: z.literal('summary'), summary: summarySchema }),
  z.object({ version: z.literal(EVENTS_VERSION), type: z.literal('figures'), figures: toldFiguresSchema }),
])
export type WorkerMessage = z.infer<typeof workerMessageSchema>

export const eventMessage = (event: WorkerEvent): WorkerMessage => ({ version: EVENTS_VERSION, type: 'event', event })
export const summaryMessage = (summary: WorkerSummary): WorkerMessage => ({ version: EVENTS_VERSION, type: 'summary', summary }) // prettier-ignore

export const figuresMessage = (figures: ToldFigures): WorkerMessage => ({ version: EVENTS_VERSION, type: 'figures', figures }) // prettier-ignore

/** The message, or why it is none: another version of payflow may have been installed under a running one. */
export function parseWorkerMessage(
  message: unknown,
): WorkerMessage | { readonly type: 'unreadable'; readonly why: string } {
  const parsed = workerMessageSchema.safeParse(message)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return { type: 'unreadable', why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}` }
}
