import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaVersion } from '../../src/settings/kafka-version.ts'

/** Where Kafka's jars, and the archive of their classes, outlive test runs. */
export const jarCache = process.env.PAYFLOW_TEST_JARS ?? join(tmpdir(), 'payflow-test-jars')
/** The Kafka that tests run on: PAYFLOW_TEST_KAFKA, or what payflow starts by default. */
export const testKafka: KafkaVersion = process.env.PAYFLOW_TEST_KAFKA === '4' ? '4' : '3.9'
export const classArchive = join(jarCache, testKafka === '3.9' ? 'classes.jsa' : `classes-${testKafka}.jsa`)

/**
 * Brokers of tests live for seconds: Java's second compiler would take more of the processor than it gives back,
 * and a third of what a start takes is the loading of classes. A Java that cannot use the archive says nothing and does without.
 */
const COMMON = '-XX:+IgnoreUnrecognizedVMOptions -XX:TieredStopAtLevel=1 -Xlog:disable'
export const withArchive = `${COMMON} -XX:SharedArchiveFile=${classArchive}`
export const archivingTo = (file: string): string => `${COMMON} -XX:ArchiveClassesAtExit=${file}`
