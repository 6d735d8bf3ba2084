import type { Frame, Hello, Update } from '../../app/dashboard/model.ts'

export interface StreamHooks {
  readonly onHello: (hello: Hello) => void
  readonly onUpdate: (update: Update) => void
  /** `silent`: connected, but nothing has come for a while. */
  readonly onState: (state: 'connected' | 'disconnected') => void
}

/** The server sends every second, whatever its brokers do. */
const SILENT_MS = 6_000
const RETRY_MS = 1_500

/** Follows the server's figures; reconnects for as long as the page is open. */
export function follow({ onHello, onUpdate, onState }: StreamHooks): void {
  let heardMs = performance.now()
  let source: EventSource | undefined
  let retrying = false
  const retry = (): void => {
    onState('disconnected')
    source?.close()
    if (retrying) return
    retrying = true
    setTimeout(open, RETRY_MS)
  }
  const open = (): void => {
    retrying = false
    heardMs = performance.now()
    source = new EventSource('/api/stream')
    source.addEventListener('hello', ({ data }: MessageEvent<string>) => {
      heardMs = performance.now()
      onState('connected')
      onHello(JSON.parse(data) as Hello)
    })
    source.addEventListener('update', ({ data }: MessageEvent<string>) => {
      heardMs = performance.now()
      onUpdate(JSON.parse(data) as Update)
    })
    source.addEventListener('error', retry)
  }
  open()
  setInterval(() => {
    if (!retrying && performance.now() - heardMs > SILENT_MS) retry()
  }, 1_000)
}

/** The server's clock, as this browser knows it from the last frame: the two may differ. */
export class ServerClock {
  #aheadMs = 0

  hear({ atMs }: Frame): void {
    this.#aheadMs = atMs - Date.now()
  }

  now(): number {
    return Date.now() + this.#aheadMs
  }
}
