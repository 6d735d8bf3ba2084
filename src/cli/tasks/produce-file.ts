import { createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { withCluster } from '../../app/cluster.ts'
import { RecordsCopy, type Copied } from '../../app/records-file.ts'
import { PayflowError, messageOf } from '../../errors.ts'
import { formatTimestamp } from '../../pipeline/time.ts'
import { RecordWriter } from '../../runtime/producers/record-writer.ts'
import type { Context } from '../shell/action.ts'
import { formatNumber } from '../shell/format-number.ts'
import { table } from '../shell/output.ts'
import { live, type LiveView } from '../views/live.ts'

export interface FromFile {
  /** `-`: standard input. */
  readonly file: string
  readonly topic?: string | undefined
  readonly byKey: boolean
  readonly rate?: number | 'max' | undefined
  readonly count?: number | undefined
}

const STDIN = '-'

interface Progress {
  readonly copied: readonly Copied[]
  readonly seconds: number
}

const progressText = ({ copied, seconds }: Progress): string => {
  const records = copied.reduce((sum, each) => sum + each.records, 0)
  return `${formatNumber(records)} records (${formatNumber(records / Math.max(seconds, 0.001))}/s)`
}

const view: LiveView<Progress> = {
  lines: (progress, announced) => [progressText(progress), ...(announced === undefined ? [] : [announced])],
  plain: progressText,
  plainEveryMs: 5_000,
}

/** Writes the records of a file, or of what another program prints. A file is looked at as a whole before anything is written. */
export async function writeFromFile(context: Context, wish: FromFile): Promise<void> {
  const { world, settings, output, signal, log } = context
  const path = wish.file === STDIN ? undefined : resolve(world.cwd, wish.file)
  if (path === undefined && world.isTTY.stdin)
    output.note('Records are read from this terminal, one a line; Ctrl-D ends them')
  const startedMs = performance.now()
  const seconds = (): number => (performance.now() - startedMs) / 1000
  await withCluster(settings, log, async (client) => {
    const writer = new RecordWriter(client, { compression: settings.compression, signal })
    let latest: readonly Copied[] = []
    const copyOf = (onProgress: (copied: readonly Copied[]) => void): RecordsCopy =>
      new RecordsCopy(writer, {
        ...{
          source: path ?? 'standard input',
          topic: wish.topic,
          byKey: wish.byKey,
          rate: wish.rate,
          count: wish.count,
        },
        ...{ signal, onProgress },
      })
    try {
      if (path !== undefined && isFile(path))
        await reading(path, signal, (chunks) => copyOf(() => undefined).check(chunks))
      latest = await live({ world, output }, view, ({ show }) => {
        const copy = copyOf((copied) => show({ copied: (latest = copied), seconds: seconds() }))
        const run = (chunks: AsyncIterable<Buffer>): Promise<readonly Copied[]> => copy.run(chunks)
        return path === undefined
          ? unlessStopped(addAbortSignal(signal, world.stdin), signal, run)
          : reading(path, signal, run)
      })
    } catch (error) {
      if (error instanceof PayflowError && error.code === 'RECORD_INVALID')
        output.note(
          `Written before it: ${latest.length === 0 ? 'nothing' : progressText({ copied: latest, seconds: seconds() })}`,
        )
      throw error
    }
    report(context, latest, seconds(), (copied) => warnings(writer, copied))
  })
}

/** @throws PayflowError (usage) when there is no such file */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch (error) {
    throw unreadable(path, error)
  }
}

const unreadable = (path: string, cause: unknown): PayflowError =>
  new PayflowError('RECORDS_UNREADABLE', `Cannot read ${path}: ${messageOf(cause)}`, { kind: 'usage', hint: 'name another file, or - for standard input', cause }) // prettier-ignore

async function reading<Result>(
  path: string,
  signal: AbortSignal,
  use: (chunks: AsyncIterable<Buffer>) => Promise<Result>,
): Promise<Result> {
  const stream = createReadStream(path, { highWaterMark: 1 << 18, signal })
  const failed = new Promise<never>((_, reject) =>
    stream.on('error', (error) => reject(signal.aborted ? error : unreadable(path, error))),
  )
  failed.catch(() => undefined)
  return Promise.race([unlessStopped(stream, signal, use), failed])
}

/** What was read when the signal came is all there is. */
async function unlessStopped<Result>(
  stream: Readable,
  signal: AbortSignal,
  use: (chunks: AsyncIterable<Buffer>) => Promise<Result>,
): Promise<Result> {
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of stream) yield Buffer.from(chunk as Buffer | string)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  return use(chunks())
}

function report(
  { output }: Context,
  copied: readonly Copied[],
  seconds: number,
  warningsOf: (copied: Copied) => readonly string[],
): void {
  const rows = copied.map(({ topic, records, bytes }) => ({ topic, records, bytes, seconds: Math.round(seconds * 1000) / 1000, perSecond: Math.round(records / Math.max(seconds, 0.001)) })) // prettier-ignore
  if (output.json) for (const row of rows) output.document(row)
  else if (rows.length > 0)
    for (const line of table(['topic', 'records', 'per s', 'bytes', 'time'], rows.map((row) => [row.topic, row.records, row.perSecond, row.bytes, `${row.seconds.toFixed(1)} s`]))) output.line(line) // prettier-ignore
  if (rows.length === 0) output.note('There was no record')
  for (const each of copied) for (const line of warningsOf(each)) output.note(line)
}

/** What will not be, or not stay, as it was written. */
function warnings(writer: RecordWriter, { topic, oldestMs }: Copied): string[] {
  if (writer.setting(topic, 'message.timestamp.type') === 'LogAppendTime')
    return [`${topic} gives records the time at which they are written (LogAppendTime): theirs are not kept`]
  const retentionMs = Number(writer.setting(topic, 'retention.ms') ?? -1)
  const deletes = writer.setting(topic, 'cleanup.policy')?.includes('delete') ?? false
  if (!deletes || retentionMs < 0 || oldestMs === Infinity || Date.now() - oldestMs < retentionMs) return []
  return [
    `${topic} deletes records older than ${formatNumber(retentionMs / 3_600_000)} h, and the oldest of these is of ${formatTimestamp(Math.max(oldestMs, 0))}: to keep it, \`payflow topics configure ${topic} retention.ms=-1\``,
  ]
}
