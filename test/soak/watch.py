"""A read-committed reader that watches topics all the time: what it saw, in what order, and when nothing came.

    python3 watch.py BROKERS TOPIC...

SIGTERM: it reads up to the end and prints one JSON document. The first line of its output says that it has begun.
"""

import json
import signal
import sys
import time

from confluent_kafka import KafkaError, TopicPartition

from kafka_reader import Cluster, Digest, consumer

SHORTEST_GAP_S = 3


def main(brokers, topics):
    ending = []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cluster = Cluster(brokers)
    partitions = [(t, p) for t in topics for p in cluster.partitions(t)]
    seen = {at: Digest() for at in partitions}
    came = {}
    gaps, errors = [], []
    reader = consumer(brokers)
    reader.assign([TopicPartition(t, p, 0) for t, p in partitions])
    print("watching", flush=True)
    ends = None
    while ends is None or any(reader_at(reader, at) < end for at, end in ends.items()):
        if ending and ends is None:
            ends = cluster.ends(topics)
        for message in reader.consume(5_000, timeout=0.1):
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF and error.fatal():
                    errors.append(str(error))
                continue
            at = (message.topic(), message.partition())
            digest = seen[at]
            if message.offset() <= digest.last:
                errors.append(f"{at} went back from {digest.last} to {message.offset()}")
            digest.add(message)
            now = time.time()
            if at in came and now - came[at] > SHORTEST_GAP_S:
                gaps.append({"topic": at[0], "partition": at[1], "fromMs": came[at] * 1000, "toMs": now * 1000})
            came[at] = now
    print(
        json.dumps(
            {
                "partitions": {f"{t}/{p}": digest.result() for (t, p), digest in seen.items()},
                "gaps": gaps,
                "errors": errors,
            }
        )
    )


def reader_at(reader, at):
    return max(0, reader.position([TopicPartition(*at)])[0].offset)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
