import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, PayflowError } from '../../errors.ts'
import { topicConfigs } from '../../kafka/configs.ts'
import type { Client } from '../../kafka/client.ts'
import type { Connection } from '../../kafka/connection.ts'
import { topicIds } from '../../kafka/topic-identity.ts'
import { stateTopic } from '../../pipeline/events/topics.ts'
import { isCustom, spelledAs, type AnyWorker } from '../../pipeline/worker/definition.ts'
import type { EventSink } from '../events.ts'
import type { DiskStore } from './disk-store.ts'
import { MemoryState } from './memory-state.ts'
import { isBeyondMemory, type StateRoom } from './state-room.ts'
import { StateFault, type Doubt, type TaskState } from './task-state.ts'
import { identityDoubt, LAYOUT, type Identity } from './trust.ts'

export interface KeeperOptions {
  readonly client: Client
  readonly connection: Connection
  readonly worker: AnyWorker
  /** The worker's options, parsed. */
  readonly options: unknown
  readonly partition: number
  readonly partitions: number
  /** Absent: state is kept in memory, whatever its size. */
  readonly room: StateRoom | undefined
  readonly onEvent: EventSink
}

/** Processes of one machine that have a directory for the same partition, because one has only just lost it. */
const MOST_DIRECTORIES = 9
/** Its last owner on this machine may be about to close it. */
const LOCK_PATIENCE_MS = 1_000
const LOOK_AGAIN_MS = 50
const RETENTION = 'delete.retention.ms'

/** Opens the state of one task for each epoch, in memory or on disk. Outlives the epochs: it knows what became of the last one. */
export class StateKeeper {
  readonly #options: KeeperOptions
  #tooLarge = false
  #damaged = 0
  #isDamaged = false
  #refused: string | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** @throws StateFault */
  async open(onFault: (fault: Error) => void): Promise<TaskState> {
    const { worker, options, room, partition } = this.#options
    if (!room || !worker.state || this.#refused !== undefined || !this.#isForDisk(room))
      return new MemoryState(worker, options, room && worker.state && ((state) => this.#grown(room, state)))
    room.leave(this)
    const { DiskState } = await import('./disk-state.ts')
    const identity = await this.#identity()
    const tombstonesMs = await this.#tombstonesMs()
    let store: DiskStore | undefined
    try {
      store = await this.#openStore(room, identity)
    } catch (error) {
      this.#refuse(error)
      return this.open(onFault)
    }
    if (!store) return this.open(onFault)
    const timers = isCustom(worker) ? undefined : JSON.stringify([String(worker.dueAt), options])
    const onWiped = (why: Doubt): void => this.#tell(why)
    this.#options.onEvent({ kind: 'state-opened', worker: worker.name, partition, where: 'disk', path: store.path, keys: store.head?.size ?? 0 }) // prettier-ignore
    return new DiskState({ worker, options, store, identity, tombstonesMs, timers, onWiped, onFault, cacheBytes: () => room.cacheBytes(this) }) // prettier-ignore
  }

  /** What the next epoch does otherwise. */
  learn(fault: StateFault): void {
    if (fault.kind === 'moved') this.#tooLarge = true
    else if (fault.kind === 'damaged' && ++this.#damaged <= 2) this.#isDamaged = true
    else this.#refuse(fault)
  }

  /** The task has ended. */
  leave(): void {
    this.#options.room?.leave(this)
  }

  #isForDisk(room: StateRoom): boolean {
    return this.#tooLarge || room.memoryBytes === 0 || this.#paths(room).some((path) => existsSync(path))
  }

  /** @throws StateFault (moved) when it is too large for memory, PayflowError when it can be nowhere */
  #grown(room: StateRoom, state: MemoryState): void {
    if (!room.isTooLarge(this, state)) return
    if (this.#refused === undefined) {
      const { worker, partition, onEvent } = this.#options
      onEvent({ kind: 'state-moved', worker: worker.name, partition, keys: state.size, bytes: state.bytes })
      throw new StateFault('moved', `its state of ${state.size} keys is moved to disk`)
    }
    if (isBeyondMemory(state))
      throw new PayflowError('STATE_TOO_LARGE', `The state of ${this.#options.worker.name} has ${state.size} keys, more than memory takes, and the disk cannot be used: ${this.#refused}`, {
        kind: 'failed',
        hint: `make room in ${room.directory}, or name another directory with PAYFLOW_STATE_DIR; nothing is lost`,
      }) // prettier-ignore
  }

  #paths({ directory }: StateRoom): string[] {
    const path = join(directory, this.#options.worker.name, String(this.#options.partition))
    return Array.from({ length: MOST_DIRECTORIES }, (_, i) => (i === 0 ? path : `${path}.${i + 1}`))
  }

  /** The first of the directories that no other process has open. What another one has left there may be gone on with; the rest is removed. */
  async #openStore(room: StateRoom, identity: Identity): Promise<DiskStore | undefined> {
    const { DiskStore, isLocked } = await import('./disk-store.ts')
    const paths = this.#paths(room)
    const deadline = performance.now() + LOCK_PATIENCE_MS
    for (let i = 0; i < paths.length;) {
      const path = paths[i]!
      try {
        const store = await this.#openAt(path, identity, room)
        for (const other of paths.slice(i + 1))
          if (existsSync(other)) await DiskStore.destroy(other).catch(() => undefined) // open in another process
        return store
      } catch (error) {
        if (!isLocked(error)) throw error
        if (performance.now() > deadline) i++
        else await sleep(LOOK_AGAIN_MS)
      }
    }
    throw new Error(`${paths[0]!} and ${MOST_DIRECTORIES - 1} more are open in other processes`)
  }

  /** Undefined: what was there is of something else, and nothing says that this state must be on disk. */
  async #openAt(path: string, identity: Identity, room: StateRoom): Promise<DiskStore | undefined> {
    const { DiskStore } = await import('./disk-store.ts')
    let store: DiskStore
    try {
      store = await DiskStore.open(path)
    } catch (error) {
      if (!(error instanceof StateFault)) throw error
      await DiskStore.destroy(path)
      store = await DiskStore.open(path)
      this.#tell('damaged')
    }
    const doubt = this.#isDamaged ? 'damaged' : store.head && identityDoubt(store.head.identity, identity)
    this.#isDamaged = false
    if (doubt === undefined) return store
    this.#tell(doubt)
    if (doubt === 'damaged' || this.#tooLarge || room.memoryBytes === 0) {
      await store.wipe()
      return store
    }
    await store.close()
    await DiskStore.destroy(path)
    return undefined
  }

  async #identity(): Promise<Identity> {
    const { connection, worker, partition, partitions } = this.#options
    const topic = stateTopic(worker.name)
    const [{ clusterId }, ids] = await Promise.all([connection.metadata([topic]), topicIds(connection, [{ topic, partition }])]) // prettier-ignore
    return { layout: LAYOUT, clusterId, topicId: ids.get(topic), worker: worker.name, partition, partitions }
  }

  async #tombstonesMs(): Promise<number | undefined> {
    const topic = stateTopic(this.#options.worker.name)
    const found = (await topicConfigs(this.#options.client, [topic], [RETENTION])).get(topic)?.get(RETENTION)
    return found === undefined ? undefined : Number(found)
  }

  #tell(reason: Doubt): void {
    const { worker, partition, onEvent } = this.#options
    onEvent({ kind: 'state-rebuilt', worker: worker.name, partition, reason })
  }

  #refuse(error: unknown): void {
    const { worker, room, onEvent } = this.#options
    this.#refused = messageOf(error instanceof Error ? (error.cause ?? error) : error)
    const fields = {
      what: `the state of ${spelledAs(worker)} cannot be kept on disk (${this.#refused}): it stays in memory, and is read again from its changelog at each start`,
      hint: `make room in ${room?.directory ?? ''} and let it be written, or name another directory with PAYFLOW_STATE_DIR; then start the worker again`,
    }
    onEvent({ kind: 'warning', worker: worker.name, code: 'state-disk', fields })
  }
}
