import { createRequire } from 'node:module'

/** The timers of kafkajs 2.2.4's requests, done right: its own objects, changed in place. */
const require = createRequire(import.meta.url)

interface RequestQueue {
  pending: unknown[]
  inflight: Map<number, { sentAt: number; requestTimeout: number; timeoutRequest: () => void }>
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  enforceRequestTimeout: boolean
  isConnected: () => boolean
  checkPendingRequests: () => void
}
const { prototype: queues } = require('kafkajs/src/network/requestQueue') as {
  prototype: { scheduleCheckPendingRequests: () => void; scheduleRequestTimeoutCheck: () => void; destroy: () => void }
}

/**
 * It looks for pending requests every millisecond once a connection has been used, with a negative timeout that newer
 * Node versions warn of (kafkajs #1751, #1768). Only pending requests need the look.
 */
queues.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    Math.max(this.throttledUntil - Date.now(), 10),
  )
}

/**
 * Each connection of its looks every 100 ms whether a request has waited too long: a dozen of them wake an idle process a hundred times
 * a second. One timer looks after all of them.
 */
const LOOK_MS = 500
const looked = new Set<RequestQueue>()
let timer: NodeJS.Timeout | undefined

queues.scheduleRequestTimeoutCheck = function (this: RequestQueue) {
  if (!this.enforceRequestTimeout) return
  looked.add(this)
  timer ??= setInterval(look, LOOK_MS)
}

const { destroy } = queues
queues.destroy = function (this: RequestQueue) {
  destroy.call(this)
  forget(this)
}

function look(): void {
  const now = Date.now()
  for (const queue of looked) {
    for (const request of queue.inflight.values())
      if (now - request.sentAt > request.requestTimeout) request.timeoutRequest()
    if (!queue.isConnected()) forget(queue)
  }
}

function forget(queue: RequestQueue): void {
  looked.delete(queue)
  if (looked.size > 0) return
  clearInterval(timer)
  timer = undefined
}
