import type { ConnectionOptions } from 'node:tls'
import type { ISocketFactory, LogEntry, Mechanism, SASLOptions } from 'kafkajs'
import type { LogFields, LogLevel } from '../../log.ts'
import type { SaslSettings } from '../../settings/connection.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS, openBrokerSocket } from '../sockets.ts'
import type { Transport, TransportOptions } from '../transport.ts'
import { mendClusters } from './clusters.ts'
import { createCluster, kafkajs, type Kafka } from './internals.ts'
import { CLOSED, KafkajsTransport } from './kafkajs-transport.ts'
import { oauthBearer } from './oauth.ts'
import { leastSilent } from './silence.ts'
import './sessions.ts'

/** kafkajs, told what payflow wants of it. */
export class KafkajsClient {
  readonly #kafka: Kafka
  readonly #onRequest: TransportOptions['onRequest']

  constructor({ brokers, clientId, log, tls, sasl, connectTimeoutMs, requestTimeoutMs, onRequest }: TransportOptions) {
    this.#onRequest = onRequest
    this.#kafka = new kafkajs.Kafka({
      clientId: clientId ?? 'payflow',
      brokers: [...brokers],
      ...(tls && { ssl: tls }),
      ...(sasl && { sasl: saslOptions(sasl) }),
      connectionTimeout: connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs ?? 10_000,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 3 },
      logLevel: log ? kafkajs.logLevel.INFO : kafkajs.logLevel.NOTHING,
      socketFactory,
      logCreator: () => (entry) => log?.(levelOf(entry), 'kafkajs', fieldsOf(entry)),
    })
    // asked for each connection: not every process, and not each time, begins with the first
    mendClusters(this.#kafka, () => leastSilent(brokers))
  }

  transport(): Transport {
    const cluster = createCluster(this.#kafka, { metadataMaxAgeMs: 300_000, isolationLevel: 1 })
    return new KafkajsTransport(cluster, this.#onRequest)
  }
}

const saslOptions = (sasl: SaslSettings): SASLOptions | Mechanism =>
  sasl.mechanism === 'oauthbearer' ? oauthBearer(sasl.tokenCommand) : (sasl as SASLOptions)

const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  // kafkajs gives null, whatever its types say, for a connection without TLS
  const secure = ssl as ConnectionOptions | null
  return openBrokerSocket({ host, port }, secure ?? undefined, onConnect)
}

const levels = new Map<number, LogLevel>([
  [kafkajs.logLevel.ERROR, 'error'],
  [kafkajs.logLevel.WARN, 'warn'],
  [kafkajs.logLevel.INFO, 'info'],
])
/** To kafkajs every connection that ends is an error. */
const levelOf = ({ level, log: { message } }: LogEntry): LogLevel =>
  message === `Connection error: ${CLOSED}` ? 'debug' : (levels.get(level) ?? 'debug')

function fieldsOf({ namespace, log }: LogEntry): LogFields {
  const { message, broker, error } = log as { message: string; broker?: unknown; error?: unknown }
  return {
    namespace,
    message,
    ...(typeof broker === 'string' && { broker }),
    ...(typeof error === 'string' && { error }),
  }
}
