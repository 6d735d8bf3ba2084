import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What payflow must not do, made of a copy of it, to show that the checks would find it. Each replacement must be found exactly once:
 * a mutation that no longer fits is an error, not a success.
 */
const mutations = {
  'no-transactions': [
    ['runtime/producers/transactional.js', 'await this.#enlist(batches);', ''],
    ['runtime/producers/transactional.js', 'transactionalId: this.#transactionalId,\n            producerId: this.#producerId,\n            producerEpoch: this.#producerEpoch,', "transactionalId: null,\n            producerId: '-1',\n            producerEpoch: -1,"],
    ['runtime/producers/transactional.js', 'return { topic, partition, records, compression, baseSequence };', 'return { topic, partition, records, compression, baseSequence: -1 };'],
    ['runtime/task/position-table.js', 'agrees || !stateful', 'true'],
  ],
  'offsets-before-fencing': [
    ['runtime/task/epoch.js', 'const producer = await TransactionalProducer.open(', 'options.early = await startingPositions(options.connection, { worker: { ...worker, state: undefined }, sources: options.topics.map(({ topic, isInbox }) => ({ topic, partition, isInbox })), progress: undefined, signal });\n        const producer = await TransactionalProducer.open('],
    ['runtime/task/epoch.js', 'const positions = await startingPositions(connection, {', 'const positions = options.early ?? await startingPositions(connection, {'],
    ['runtime/task/positions.js', 'for (let answers = 1; differs(committed) && answers < PATIENCE_ANSWERS; answers++)', 'for (; false;)'],
  ],
  'process-in-transactional-id': [
    ['runtime/task/epoch.js', 'const transactionalId = transactionalIdOf(worker.name, partition);', 'const transactionalId = `payflow-${worker.name}-${partition}-${process.pid}`;'],
  ],
} // prettier-ignore

export const mutationNames = Object.keys(mutations)

/** A copy of the built package under `directory`, which a build beside the run does not change; with a mutation in it, or none. Returns its root. */
export function copyOf(root, directory, name) {
  const copy = join(directory, 'package')
  mkdirSync(copy, { recursive: true })
  for (const part of ['bin', 'dist', 'package.json', 'src/infra/local/pom.xml']) cpSync(join(root, part), join(copy, part), { recursive: true }) // prettier-ignore
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [file, from, to] of mutations[name] ?? []) {
    const path = join(copy, 'dist', file)
    const text = readFileSync(path, 'utf8')
    if (text.split(from).length !== 2) throw new Error(`the mutation ${name} fits ${file} no longer: ${from}`)
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
  }
  return copy
}
