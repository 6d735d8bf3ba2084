import { connect } from 'node:net'

const timeoutMs = 2_000

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
    socket.setTimeout(timeoutMs, () => end(undefined))
    socket.on('data', (text: string) => (answer += text))
    socket.on('error', () => end(undefined))
    socket.on('end', () => end(answer))
  })
}

export const zookeeperAnswers = async (port: number): Promise<boolean> => (await ask(port, 'ruok')) === 'imok'

/** The ids of the brokers that ZooKeeper has registered, in the text of its `dump` command. */
export const registeredIn = (dump: string): number[] =>
  [...dump.matchAll(/^\s*\/brokers\/ids\/(\d+)\s*$/gm)].map(([, id]) => Number(id))

/** A killed broker stays registered until its session ends, and cannot be started before that. */
export const registeredBrokers = async (port: number): Promise<number[]> =>
  registeredIn((await ask(port, 'dump')) ?? '')
