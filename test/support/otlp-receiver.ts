import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

type Value = string | number | boolean | null | Value[]

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty: the first of its trace. */
  readonly parentSpanId: string
  readonly name: string
  /** 1 internal, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, Value>>
  readonly resource: Readonly<Record<string, Value>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  /** 2: an error. */
  readonly status: { readonly code: number; readonly message?: string }
  readonly startMs: number
  readonly endMs: number
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string
  /** What came as OTLP/JSON. */
  readonly spans: readonly ReceivedSpan[]
  /** It is gone. */
  readonly close: () => void
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[]
}

/** The other side of OTLP over HTTP: takes what comes, and answers with `status`. */
export async function otlpReceiver({ status = 200 }: { status?: number } = {}): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const requests: OtlpReceiver['requests'][number][] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      requests.push({ path: request.url ?? '', headers: request.headers, body })
      const isJson = request.headers['content-type'] === 'application/json'
      if (isJson && status === 200) spans.push(...spansIn(JSON.parse(body.toString()) as Export))
      response.writeHead(status, { 'content-type': request.headers['content-type'] })
      response.end(isJson ? '{}' : '')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  onTestFinished(close)
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, requests, close }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

interface AnyValue {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values: readonly AnyValue[] }
}
type Attributes = readonly { readonly key: string; readonly value: AnyValue }[]
interface Export {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: Attributes }
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[]
  }[]
}
interface WireSpan extends Pick<ReceivedSpan, 'traceId' | 'spanId' | 'name' | 'kind' | 'status'> {
  readonly parentSpanId?: string
  readonly attributes: Attributes
  readonly links?: ReceivedSpan['links']
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

const valueOf = ({ stringValue, intValue, doubleValue, boolValue, arrayValue }: AnyValue): Value =>
  stringValue ?? doubleValue ?? boolValue ?? arrayValue?.values.map(valueOf) ?? (intValue === undefined ? null : Number(intValue)) // prettier-ignore
const valuesOf = (attributes: Attributes): Record<string, Value> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]))

const spansIn = ({ resourceSpans = [] }: Export): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ parentSpanId = '', links = [], attributes, startTimeUnixNano, endTimeUnixNano, ...rest }) => ({
        ...rest,
        parentSpanId,
        links,
        attributes: valuesOf(attributes),
        resource: valuesOf(resource.attributes),
        startMs: Number(startTimeUnixNano) / 1e6,
        endMs: Number(endTimeUnixNano) / 1e6,
      })),
    ),
  )
