"""Reading a cluster with librdkafka: nothing of payflow's code, nor of kafkajs's, has a part in it."""

import hashlib
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

COMMITTED, UNCOMMITTED = "read_committed", "read_uncommitted"


def consumer(brokers, isolation=COMMITTED):
    return Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "independent",  # required, and never used: partitions are assigned by hand
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
            "log_level": 0,
        }
    )


class Cluster:
    def __init__(self, brokers):
        self.brokers = brokers
        self.renew()

    def renew(self):
        """A client that has heard an old leader epoch may ask with it for minutes."""
        self.admin = AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})

    def partitions(self, topic):
        """The partition numbers of a topic; none when it does not exist."""
        found = retry(lambda: self.admin.list_topics(topic, timeout=10).topics[topic], self.renew)
        return sorted(found.partitions)

    def ends(self, topics, isolation=COMMITTED):
        """(topic, partition) → offset at which a reader of this isolation ends now."""
        level = IsolationLevel.READ_COMMITTED if isolation == COMMITTED else IsolationLevel.READ_UNCOMMITTED
        asked = {TopicPartition(t, p): OffsetSpec.latest() for t in topics for p in self.partitions(t)}
        if not asked:
            return {}

        def ask():
            futures = self.admin.list_offsets(asked, isolation_level=level, request_timeout=10)
            return {(tp.topic, tp.partition): future.result().offset for tp, future in futures.items()}

        return retry(ask, self.renew)

    def committed(self, group):
        """(topic, partition) → the group's committed offset."""

        def ask():
            futures = self.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
            return futures[group].result().topic_partitions

        return {(tp.topic, tp.partition): tp.offset for tp in retry(ask, self.renew) if tp.offset >= 0}


def retry(attempt, after_failure, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except Exception:
            if time.monotonic() > deadline:
                raise
            after_failure()
            time.sleep(0.5)


def read(cluster, topic, isolation=COMMITTED):
    """Every record of a topic that such a reader sees up to its end as it is now; each partition in order."""
    ends = {tp: end for tp, end in cluster.ends([topic], isolation).items() if end > 0}
    if not ends:
        return
    reader = consumer(cluster.brokers, isolation)
    reader.assign([TopicPartition(t, p, 0) for t, p in ends])
    left = set(ends)
    quiet = time.monotonic()
    while left:
        for message in reader.consume(10_000, timeout=1):
            at = (message.topic(), message.partition())
            error = message.error()
            if error is None:
                quiet = time.monotonic()
                if message.offset() < ends[at]:
                    yield message
                if message.offset() >= ends[at] - 1:
                    left.discard(at)
            elif error.code() == KafkaError._PARTITION_EOF:
                left.discard(at)
            elif not error.retriable() and error.code() not in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
                raise RuntimeError(f"{at}: {error}")
        if time.monotonic() - quiet > 120:
            raise RuntimeError(f"nothing came for two minutes from {sorted(left)}")
    reader.close()


class Digest:
    """What a reader has seen of one partition: how many records, and which, in what order."""

    def __init__(self):
        self.count = 0
        self.last = -1
        self._hash = hashlib.blake2b(digest_size=16)

    def add(self, message):
        self.count += 1
        self.last = message.offset()
        key, value = message.key() or b"", message.value() or b""
        self._hash.update(b"%d %d %d " % (message.offset(), len(key), len(value)) + key + value)

    def result(self):
        return {"count": self.count, "last": self.last, "digest": self._hash.hexdigest()}
