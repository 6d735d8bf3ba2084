import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import { onTestFinished } from 'vitest'
import { plainRequest, recording, requestIn, type PlainRequest, type Recording } from './recordings.ts'

export interface Answer {
  readonly status: number
  readonly headers?: readonly (readonly [string, string])[]
  readonly body: string
}

/** Sends an answer just as it was recorded: no header more. `pieces` cuts the body up. */
export function sendAnswer(response: ServerResponse, answer: Answer, pieces: readonly string[] = [answer.body]): void {
  response.sendDate = false
  const headers = (answer.headers ?? []).filter(([name]) => name.toLowerCase() !== 'transfer-encoding')
  response.writeHead(
    answer.status,
    headers.flatMap(([name, value]) => [name, value]),
  )
  for (const piece of pieces) response.write(piece)
  response.end()
}

export const answerOf = ({ response }: Recording): Answer => ({
  status: response.status!,
  headers: response.headers,
  body: response.body,
})

export type Handler = (request: PlainRequest, response: ServerResponse) => void

/** An HTTP server for one test. `requests` is what came, in order. */
export async function httpServer(handle: Handler): Promise<{ url: string; requests: PlainRequest[] }> {
  const requests: PlainRequest[] = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = plainRequest(incoming, await text(incoming))
    requests.push(request)
    handle(request, response)
  }
  const server = createServer((incoming, response) => void answer(incoming, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/**
 * Plays recordings: a request gets the answer of the first recording, not played yet, that was asked for in exactly the same way
 * (method, path, HTTP version, headers, body). `unexpected` is what no recording was asked for like.
 */
export async function replay(
  names: readonly string[],
): Promise<{ url: string; requests: PlainRequest[]; unexpected: PlainRequest[]; left: () => string[] }> {
  const waiting = names.map(recording)
  const unexpected: PlainRequest[] = []
  const server = await httpServer((request, response) => {
    const at = waiting.findIndex((one) => isDeepStrictEqual(requestIn(one), request))
    const [found] = at < 0 ? [] : waiting.splice(at, 1)
    if (!found) {
      unexpected.push(request)
      sendAnswer(response, { status: 599, body: `no recording was asked for like ${JSON.stringify(request)}` })
    } else sendAnswer(response, answerOf(found), piecesOf(found))
  })
  return { ...server, unexpected, left: () => waiting.map(({ name }) => name) }
}

/** The body as it arrived: the first arrival brought the head too, so the cuts are counted from the end. */
function piecesOf({ response: { body, arrivals = [] } }: Recording): string[] {
  const bytes = Buffer.from(body)
  const pieces: string[] = []
  let end = bytes.length
  for (const arrival of [...arrivals].reverse()) {
    const start = Math.max(0, end - arrival.bytes)
    pieces.unshift(bytes.subarray(start, end).toString())
    end = start
  }
  return [bytes.subarray(0, end).toString(), ...pieces].filter((piece) => piece !== '')
}
