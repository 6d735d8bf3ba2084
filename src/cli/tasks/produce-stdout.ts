import { printEvents } from '../../app/print-events.ts'
import { reproduceCommand, type Flow } from '../../app/producers.ts'
import type { JsonRecord } from '../../app/record-json.ts'
import type { Kind } from '../../pipeline/sources/source.ts'
import type { Context } from '../shell/action.ts'
import { ResultStream } from '../shell/result-stream.ts'

/** Events on stdout instead of in Kafka: a line each, or with `--json` the record that would hold it, for `produce --from-file`. */
export async function printInstead(
  { world, output, signal }: Context,
  flow: Flow,
  kinds: readonly Kind[],
): Promise<void> {
  const results = new ResultStream(world.stdout, signal)
  const printed = await printEvents(flow, kinds, {
    signal,
    print: ({ topic, key, value }) => {
      const record: JsonRecord = { topic, key, value, headers: [] }
      results.write(`${output.json ? JSON.stringify(record) : value}\n`)
    },
    flush: () => results.flush(),
  })
  output.note('To write the same to Kafka:')
  for (const [kind, records] of printed) if (records > 0) output.note(`  ${reproduceCommand(flow, kind, records)}`)
}
