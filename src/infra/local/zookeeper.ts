import { connect } from 'node:net'
import { listensOn } from '../port-owner.ts'
import type { Service } from './services.ts'

const TIMEOUT_MS = 2_000

/** ZooKeeper's answer to one of its four-letter commands; undefined when there is none within two seconds. */
function ask(port: number, command: 'ruok' | 'dump'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(command))
    let answer = ''
    const end = (result: string | undefined): void => {
      socket.destroy()
      resolve(result)
    }
    socket.setEncoding('utf8')
    socket.setTimeout(TIMEOUT_MS, () => end(undefined))
    socket.on('data', (text: string) => (answer += text))
    socket.on('error', () => end(undefined))
    socket.on('end', () => end(answer))
  })
}

/** Whether this very ZooKeeper says that it is fine: another one may have been faster to take the port. */
export const zookeeperAnswers = async ({ pid, port }: Service): Promise<boolean> =>
  (await ask(port, 'ruok')) === 'imok' && listensOn(pid, port)

/** The ids of the brokers that ZooKeeper has registered, in the text of its `dump` command; undefined when that is not a dump. */
export const registeredIn = (dump: string): number[] | undefined =>
  /^Sessions with Ephemerals/m.test(dump)
    ? [...dump.matchAll(/^\s*\/brokers\/ids\/(\d+)\s*$/gm)].map(([, id]) => Number(id))
    : undefined

/**
 * A killed broker stays registered until its session ends, and cannot be started before that.
 * Undefined when ZooKeeper does not tell: one that has just started says that it is fine before it serves anything.
 */
export const registeredBrokers = async (port: number): Promise<number[] | undefined> =>
  registeredIn((await ask(port, 'dump')) ?? '')
