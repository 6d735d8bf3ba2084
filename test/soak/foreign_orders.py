"""Orders as another program writes them, with librdkafka, and what the examples need beside them.

    python3 foreign_orders.py BROKERS countries
    python3 foreign_orders.py BROKERS orders SEED RATE [COUNT]
    python3 foreign_orders.py BROKERS last

`orders` writes so many, or until SIGTERM; `last` an order of an hour later into each partition, which ends every session. Both print how many
records were acknowledged.
"""

import json
import random
import signal
import sys
import time
import uuid
from decimal import Decimal
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Producer

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench" / "khaos"))
from expected import PARTITIONS, partition_of  # noqa: E402

TOPIC = "foreign_orders"
COUNTRIES = ["Austria", "Belgium", "Brazil", "Chile", "Denmark", "Estonia", "Finland", "Ghana", "Hungary", "India", "Japan", "Kenya", "Latvia", "Malta"]
# every seventh country has no row
ROWS = {c: (i % 3 == 0, Decimal(50 + i) / 10) for i, c in enumerate(COUNTRIES) if i % 7 != 6}
STATUSES = ["pending", "paid", "shipped", "cancelled"]


# a broker that has just come back may not know its topics yet, and librdkafka believes it: what it says this of was never sent, or not answered
NOT_KNOWN = (KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)


class Writer:
    def __init__(self, brokers):
        self.acknowledged, self.failed, self.again = 0, [], []
        self.producer = Producer({
            "bootstrap.servers": brokers, "acks": "all", "enable.idempotence": True, "compression.type": "lz4",
            "partitioner": "murmur2_random", "linger.ms": 20, "log_level": 0,
        })  # fmt: skip

    def write(self, topic, key, value):
        self._produce(topic, key.encode(), json.dumps(value).encode())
        self.producer.poll(0)
        self._produce_again()

    def end(self):
        self.producer.flush(300)
        while self.again:
            self._produce_again()
            self.producer.flush(300)
        if self.failed:
            raise RuntimeError(f"{len(self.failed)} records were not acknowledged: {self.failed[0]}")
        print(json.dumps({"topic": TOPIC, "records": self.acknowledged}), flush=True)

    def _produce(self, topic, key, value):
        while True:
            try:
                self.producer.produce(topic, value, key, on_delivery=self._delivered)
                return
            except BufferError:
                self.producer.poll(0.1)
            except KafkaException as error:
                if error.args[0].code() not in NOT_KNOWN:
                    raise
                self.producer.poll(0.1)

    def _produce_again(self):
        again, self.again = self.again, []
        for message in again:
            self._produce(message.topic(), message.key(), message.value())

    def _delivered(self, error, message):
        if error is None:
            self.acknowledged += 1
        elif error.code() in NOT_KNOWN:
            self.again.append(message)
        else:
            self.failed.append(str(error))


def order(draw, email, created_at):
    items = [{"product_id": str(uuid.UUID(int=draw.getrandbits(128), version=4)), "name": "thing", "quantity": draw.randint(1, 5),
              "price": draw.randint(100, 50_000) / 100} for _ in range(draw.randint(0, 3))]  # fmt: skip
    return {
        "order_id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "customer_name": email.split("@")[0],
        "customer_email": email,
        "amount": draw.randint(100, 200_000) / 100,
        "currency": draw.choice(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "BRL"]),
        "status": draw.choice(STATUSES),
        "item_count": len(items),
        "created_at": created_at,
        "shipping_address": {"street": "-", "city": "-", "country": draw.choice(COUNTRIES), "zip_code": "-"},
        "items": items,
    }


def orders(brokers, seed, rate, count=None):
    ending = []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
    draw, writer = random.Random(seed), Writer(brokers)
    recent = []
    started, written = time.monotonic(), 0
    while not ending and (count is None or written < count):
        due = int((time.monotonic() - started) * rate)
        for _ in range(max(0, min(due, count or due) - written)):
            # half of them come in bursts, out of order by some seconds
            email = draw.choice(recent) if recent and draw.random() < 0.5 else f"c{draw.randrange(20_000)}@example.org"
            recent = [*recent, email][-20:]
            writer.write(TOPIC, f"k{draw.randrange(1_000)}", order(draw, email, int(time.time() * 1000) - draw.randrange(3_000)))
            written += 1
        time.sleep(0.02)
    writer.end()


def countries(brokers):
    writer = Writer(brokers)
    for country, (eu, percent) in ROWS.items():
        writer.write("countries", country, {"country": country, "is_eu": eu, "vat_percent": float(percent), "updated_at": "2026-01-01T00:00:00Z"})
    writer.end()


def last(brokers):
    draw, writer, emails, n = random.Random(0), Writer(brokers), {}, 0
    while len(emails) < PARTITIONS:
        emails.setdefault(partition_of(f"last{n}@example.org"), f"last{n}@example.org")
        n += 1
    for email in emails.values():
        writer.write(TOPIC, email, {**order(draw, email, int(time.time() * 1000) + 3_600_000), "order_id": str(uuid.uuid4())})
    writer.end()


if __name__ == "__main__":
    _, addresses, what, *numbers = sys.argv
    {"countries": countries, "orders": orders, "last": last}[what](addresses, *map(int, numbers))
