import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What payflow must not do, made of a copy of it, to show that the checks would find it. Each replacement must be found exactly once:
 * a mutation that no longer fits is an error, not a success.
 */
const mutations = {
  'no-transactions': [
    ['runtime/producers/transactional.js', 'await this.#enlistment?.partitions(batches);', ''],
    ['runtime/producers/transactional.js', '...this.#identity, enlists, acks: -1,', "transactionalId: null, producerId: '-1', producerEpoch: -1, acks: -1,"],
    ['runtime/producers/transactional.js', 'return { topic, partition, records, compression, baseSequence };', 'return { topic, partition, records, compression, baseSequence: -1 };'],
    ['runtime/task/position-table.js', 'agrees || !stateful', 'true'],
  ],
  // without its second fence too, which would hide it most of the time
  'commit-without-generation': [
    ['runtime/transaction/committer.js', 'await producer.sendOffsets(this.#group, offsets, place);', "await producer.sendOffsets(this.#group, offsets, { memberId: '', generation: -1 });"],
    ['runtime/transaction/slot-producer.js', 'transactionalId: transactionalIdOf(worker, slot),', 'transactionalId: `${transactionalIdOf(worker, slot)}-${process.pid}`,'],
  ],
  'restore-before-offsets': [
    ['runtime/task/restore.js', "enter('seeking');", "const early = await changelog.read();\n    enter('seeking');"],
    ['runtime/task/restore.js', 'const progress = await changelog.read();', 'const progress = early;'],
    ['runtime/task/settle.js', '!agree(committed, progress, sources) && answers < PATIENCE_ANSWERS', 'false'],
    ['runtime/task/position-table.js', 'agrees || !stateful', 'true'],
  ],
  // shows only where state is kept on disk: --state-memory 0
  'store-before-commit': [
    ['runtime/task/commit.js', 'const done = (nextOffset) => {', 'state.committed(undefined)?.catch(() => undefined);\n    const done = (nextOffset) => {'],
  ],
} // prettier-ignore

export const mutationNames = Object.keys(mutations)

/** A copy of the built package under `directory`, which a build beside the run does not change; with a mutation in it, or none. Returns its root. */
export function copyOf(root, directory, name) {
  const copy = join(directory, 'package')
  mkdirSync(copy, { recursive: true })
  for (const part of ['bin', 'dist', 'package.json', 'src/infra/local/pom.xml']) cpSync(join(root, part), join(copy, part), { recursive: true }) // prettier-ignore
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  // what is changed below are single modules
  if (mutations[name]) rmSync(join(copy, 'dist/bundle'), { recursive: true, force: true })
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
