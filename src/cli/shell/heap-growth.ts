import { getHeapStatistics, setFlagsFromString } from 'node:v8'

const GROWTH_PERCENT = 500
const LARGE_HEAP_BYTES = 80 << 20
const LOOK_MS = 500

/**
 * Lets V8's heap grow further between two markings of all that lives. What is fetched lies outside of it, and yet counts as its growth: the few
 * MB of a worker would be marked every 30 MB that it reads. A heap that has become large follows V8's own rule again, so that it takes no more memory.
 */
export function growWhileSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
  const look = setInterval(() => {
    if (getHeapStatistics().used_heap_size < LARGE_HEAP_BYTES) return
    setFlagsFromString('--heap-growing-percent=0')
    clearInterval(look)
  }, LOOK_MS).unref()
}
