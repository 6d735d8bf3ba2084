import { createConnection, createServer } from 'node:net'

/** Keys of the Kafka protocol's requests. */
export const API = {
  produce: 0,
  fetch: 1,
  metadata: 3,
  heartbeat: 12,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
}

// Plain JavaScript, because test/soak runs it without any build.
export class Proxy {
  lost = new Map()
  cutOff = new Map()
  broken = new Map()
  delayMs = 0
  bytesPerSecond = Infinity
  blackHole = false
  /** API key → ms for which its requests wait here, while all others pass. */
  held = new Map()
  #server
  /** What is open: { client, broker, asked: correlation id → API key of the requests under way } */
  #links = new Set()
  #losing = new Map()
  #breaking = new Map()
  #cutting = new Map()
  /** Socket → when what was written to it has passed. */
  #lineFreeAt = new WeakMap()

  static async inFrontOf(address) {
    const [host, port] = address.split(':')
    const proxy = new Proxy()
    proxy.#server = createServer((client) => {
      const link = { client, broker: createConnection(Number(port), host), asked: new Map() }
      proxy.#links.add(link)
      proxy.#join(link)
    })
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    proxy.address = `127.0.0.1:${proxy.#server.address().port}`
    return proxy
  }

  get connections() {
    return this.#links.size
  }

  cutAt(apiKey, times, after = 0) {
    this.#cutting.set(apiKey, { after, times })
  }

  loseAnswers(apiKey, times) {
    this.#losing.set(apiKey, { after: 0, times })
  }

  breakAnswers(apiKey, times) {
    this.#breaking.set(apiKey, { after: 0, times })
  }

  cut() {
    for (const { client, broker } of this.#links) {
      client.destroy()
      broker.destroy()
    }
    this.#links.clear()
  }

  close() {
    this.cut()
    this.#server.close()
  }

  #join(link) {
    const { client, broker, asked } = link
    const end = () => {
      this.#links.delete(link)
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) socket.on('error', end).on('close', end)
    onFrames(client, (frame) => {
      const apiKey = frame.readInt16BE(4)
      asked.set(frame.readInt32BE(8), apiKey)
      const heldMs = this.held.get(apiKey)
      if (isDue(this.#cutting, this.cutOff, apiKey)) end()
      else if (heldMs !== undefined) setTimeout(() => this.#pass(frame, broker), heldMs)
      else this.#pass(frame, broker)
    })
    onFrames(broker, (frame) => {
      const correlationId = frame.readInt32BE(4)
      const apiKey = asked.get(correlationId)
      asked.delete(correlationId)
      if (apiKey !== undefined && isDue(this.#losing, this.lost, apiKey)) end()
      else if (apiKey !== undefined && isDue(this.#breaking, this.broken, apiKey))
        client.write(frame.subarray(0, frame.length >> 1), end)
      else this.#pass(frame, client)
    })
  }

  #pass(frame, to) {
    if (this.blackHole || to.destroyed) return
    if (this.bytesPerSecond < Infinity) this.#passSlowly(frame, to)
    else if (this.delayMs > 0) setTimeout(() => !to.destroyed && to.write(frame), this.delayMs)
    else to.write(frame)
  }

  /** One frame after the other, as over one line. */
  #passSlowly(frame, to) {
    const now = performance.now()
    const free = Math.max(this.#lineFreeAt.get(to) ?? now, now) + (frame.length / this.bytesPerSecond) * 1_000
    this.#lineFreeAt.set(to, free)
    setTimeout(() => !to.destroyed && to.write(frame), free - now)
  }
}

/** Calls back with whole frames: a 4-byte length and what follows. */
function onFrames(socket, onFrame) {
  let chunks = []
  let bytes = 0
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    bytes += chunk.length
    while (bytes >= 4) {
      if (chunks[0].length < 4) chunks = [Buffer.concat(chunks)]
      const size = 4 + chunks[0].readInt32BE(0)
      if (bytes < size) return
      const all = chunks.length > 1 ? Buffer.concat(chunks) : chunks[0]
      onFrame(all.subarray(0, size))
      chunks = size < bytes ? [all.subarray(size)] : []
      bytes -= size
    }
  })
}

/** Whether it is this request's turn; then it is counted. */
function isDue(plans, done, apiKey) {
  const plan = plans.get(apiKey)
  if (plan === undefined || plan.after-- > 0 || plan.times-- <= 0) return false
  done.set(apiKey, (done.get(apiKey) ?? 0) + 1)
  return true
}
