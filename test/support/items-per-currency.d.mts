import type * as payflow from '../../src/index.ts'
import type { AnyWorker } from '../../src/pipeline/worker/definition.ts'

declare const make: (made: typeof payflow) => AnyWorker
export default make
