import type { FastifyReply } from 'fastify'

/** A reader that does not take what it is sent gets nothing more until it has. */
const MOST_WAITING = 1 << 20
const HEARTBEAT_MS = 10_000

/** Server-sent events: one message is one event. `open` begins to send, and returns what ends that. */
export function eventStream(
  reply: FastifyReply,
  open: (send: (event: string, data: unknown) => void) => () => void,
): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
  })
  const write = (text: string): void => {
    if (!raw.destroyed && raw.writableLength < MOST_WAITING) raw.write(text)
  }
  write('retry: 1000\n\n')
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS)
  const close = open((event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
  raw.on('close', () => {
    clearInterval(heartbeat)
    close()
  })
}
