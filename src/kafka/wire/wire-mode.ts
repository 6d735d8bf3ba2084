/** Who encodes and decodes records: payflow, or kafkajs as a way back. */
export type WireMode = 'payflow' | 'kafkajs'
