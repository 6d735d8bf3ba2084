/**
 * What Java's clients (3.9) and librdkafka (2.x) know beside what says how to connect and as whom: how a producer batches, a consumer polls.
 * payflow has settings of its own for that, so these are left alone.
 */
const NAMES = `
acks allow.auto.create.topics api.version.fallback.ms api.version.request api.version.request.timeout.ms
auto.commit.enable auto.commit.interval.ms auto.include.jmx.reporter auto.offset.reset batch.num.messages
batch.size bootstrap.controllers broker.address.family broker.address.ttl broker.version.fallback buffer.memory
builtin.features check.crcs client.dns.lookup client.id client.rack compression.codec compression.gzip.level
compression.level compression.lz4.level compression.type compression.zstd.level connections.max.idle.ms
consume.callback.max.messages coordinator.query.interval.ms debug default.api.timeout.ms
delivery.report.only.error delivery.timeout.ms enable.auto.commit enable.auto.offset.store
enable.gapless.guarantee enable.idempotence enable.metrics.push enable.partition.eof enable.random.seed
enabled_events exclude.internal.topics fetch.error.backoff.ms fetch.max.bytes fetch.max.wait.ms
fetch.message.max.bytes fetch.min.bytes fetch.queue.backoff.ms fetch.wait.max.ms group.id group.instance.id
group.protocol group.protocol.type group.remote.assignor heartbeat.interval.ms interceptor.classes interceptors
internal.leave.group.on.close internal.termination.signal internal.throw.on.fetch.stable.offset.unsupported
isolation.level key.deserializer key.serializer linger.ms log.connection.close log.queue log.thread.name
log_level max.block.ms max.in.flight max.in.flight.requests.per.connection max.partition.fetch.bytes
max.poll.interval.ms max.poll.records max.request.size message.copy.max.bytes message.max.bytes
message.send.max.retries message.timeout.ms metadata.max.age.ms metadata.max.idle.ms
metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy metric.reporters metrics.num.samples
metrics.recording.level metrics.sample.window.ms msg_order_cmp offset.store.method offset.store.path
offset.store.sync.interval.ms partition.assignment.strategy partitioner partitioner.adaptive.partitioning.enable
partitioner.availability.timeout.ms partitioner.class partitioner.ignore.keys plugin.library.paths
produce.offset.report queue.buffering.backpressure.threshold queue.buffering.max.kbytes
queue.buffering.max.messages queue.buffering.max.ms queued.max.messages.kbytes queued.min.messages
queuing.strategy receive.buffer.bytes receive.message.max.bytes reconnect.backoff.jitter.ms
reconnect.backoff.max.ms reconnect.backoff.ms request.required.acks request.timeout.ms retries
retry.backoff.max.ms retry.backoff.ms send.buffer.bytes session.timeout.ms share.acknowledgement.mode
socket.blocking.max.ms socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms
socket.keepalive.enable socket.max.fails socket.nagle.disable socket.receive.buffer.bytes
socket.send.buffer.bytes socket.timeout.ms statistics.interval.ms sticky.partitioning.linger.ms topic.blacklist
topic.metadata.propagation.max.ms topic.metadata.refresh.fast.cnt topic.metadata.refresh.fast.interval.ms
topic.metadata.refresh.interval.ms topic.metadata.refresh.sparse transaction.timeout.ms transactional.id
value.deserializer value.serializer
`

/** Also what belongs to a schema registry, to serializers and to interceptors. */
const FAMILIES =
  /^(schema\.registry|basic\.auth|bearer\.auth|confluent|(key|value)\.(de)?serializer|(key|value)\.converter|interceptor|auto\.register|specific\.avro|producer|consumer|admin)\b/

const known = new Set(NAMES.trim().split(/\s+/))

/** A setting of Kafka clients that is not about the connection. */
export const isElsewhere = (key: string): boolean => known.has(key) || FAMILIES.test(key)
