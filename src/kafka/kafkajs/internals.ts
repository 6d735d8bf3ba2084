import { createRequire } from 'node:module'
import type { Kafka, KafkaConfig, logLevel } from 'kafkajs'
import './repairs.ts'
import './request-queue.ts'
import type { Cluster } from './types.ts'

/**
 * kafkajs 2.2.4: its public client, and below it the clusters that connections are made of.
 * payflow drives the group, the fetches and the transactions itself (docs/decisions/0001) and takes connections from here.
 */
const require = createRequire(import.meta.url)

interface KafkajsModule {
  Kafka: new (config: KafkaConfig) => Kafka
  logLevel: typeof logLevel
  AssignerProtocol: {
    MemberMetadata: {
      encode: (metadata: { version: number; topics: readonly string[]; userData: Buffer }) => Buffer
      decode: (bytes: Buffer) => { topics: readonly string[]; userData: Buffer }
    }
    MemberAssignment: {
      encode: (assignment: { version: number; assignment: Record<string, number[]>; userData: Buffer }) => Buffer
      decode: (bytes: Buffer) => { assignment: Record<string, number[]>; userData: Buffer } | null
    }
  }
}

export const kafkajs = require('kafkajs') as KafkajsModule
export type { Kafka }

type CreateCluster = (options: Record<string, unknown>) => Cluster

/** `kafka` keeps the function that makes clusters behind a private symbol. */
export function clusterFactory(kafka: Kafka): { get: () => CreateCluster; set: (create: CreateCluster) => void } {
  const symbol = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster')
  if (!symbol) throw new Error('this is not kafkajs 2.2.4: it has no private:Kafka:createCluster')
  const owner = kafka as unknown as Record<symbol, CreateCluster>
  return { get: () => owner[symbol]!, set: (create) => (owner[symbol] = create) }
}

/** A cluster handle with connections of its own. */
export function createCluster(kafka: Kafka, options: { metadataMaxAgeMs: number; isolationLevel: number }): Cluster {
  return clusterFactory(kafka).get()({
    metadataMaxAge: options.metadataMaxAgeMs,
    isolationLevel: options.isolationLevel,
    allowAutoTopicCreation: false,
  })
}
