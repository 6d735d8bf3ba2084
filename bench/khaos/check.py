"""Writes what the examples need beside khaos' orders, and checks their outputs. It knows nothing of payflow's code.

check.py BROKERS countries   creates the topic of countries, with a row for most of those that khaos knows
check.py BROKERS last        an order in an hour for each partition: every session before it is over
check.py BROKERS check       reads orders and outputs, read-committed, and compares every record; exit code 1 when one is wrong
"""
import json
import sys
import time
from decimal import Decimal

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from faker import Faker
from faker.providers.address.en_US import Provider as Address

from expected import PARTITIONS, fraud_scores, items_per_currency, orders_with_vat, partition_of

COUNTRIES = sorted(set(Address.countries))
# every tenth country has no row
ROWS = {c: (i % 3 == 0, Decimal(50 + i) / 10) for i, c in enumerate(COUNTRIES) if i % 10 != 9}


def read(brokers: str, topic: str):
    """Every record that a read-committed reader sees: (partition, key, value)."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"check-{time.time()}", "isolation.level": "read_committed",
                         "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    partitions = list(consumer.list_topics(topic, 20).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
    left, found = set(partitions), []
    while left:
        message = consumer.poll(30)
        if message is None:
            raise TimeoutError(f"{topic}: nothing more comes of {left}")
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise RuntimeError(message.error())
            left.discard(message.partition())
            continue
        found.append((message.partition(), message.key().decode(), json.loads(message.value(), parse_float=Decimal)))
    consumer.close()
    return found


def write(brokers: str, topic: str, records) -> None:
    producer = Producer({"bootstrap.servers": brokers, "acks": "all", "partitioner": "murmur2_random", "compression.type": "lz4"})
    for key, value in records:
        producer.produce(topic, json.dumps(value).encode(), key.encode())
    if producer.flush(30) > 0:
        raise RuntimeError("not all was written")


def countries(brokers: str) -> None:
    admin = AdminClient({"bootstrap.servers": brokers})
    for future in admin.create_topics([NewTopic("countries", PARTITIONS, 3)]).values():
        future.result(30)
    time.sleep(2)
    write(brokers, "countries", [(c, {"country": c, "is_eu": eu, "vat_percent": float(vat), "updated_at": "2026-01-01T00:00:00Z"})
                                 for c, (eu, vat) in ROWS.items()])


def last(brokers: str) -> None:
    fake, emails, n = Faker(), {}, 0
    while len(emails) < PARTITIONS:
        emails.setdefault(partition_of(f"last{n}@example.org"), f"last{n}@example.org")
        n += 1
    write(brokers, "orders", [("last", {
        "order_id": fake.uuid4(), "customer_name": "Last", "customer_email": email, "amount": 1.0, "currency": "EUR", "status": "pending",
        "item_count": 1, "created_at": int(time.time() * 1000) + 3_600_000,
        "shipping_address": {"street": "-", "city": "-", "country": "Malta", "zip_code": "-"}, "items": []}) for email in emails.values()])


def check(brokers: str) -> int:
    records = read(brokers, "orders")
    orders = [value for _, _, value in records]
    print(f"orders: {len(orders)}, {len({key for _, key, _ in records})} keys, {len({p for p, _, _ in records})} partitions")
    outputs = {topic: read(brokers, topic) for topic in ("items_per_currency", "orders_with_vat", "fraud_scores")}
    wrong = [*items_per_currency(orders, outputs["items_per_currency"]), *orders_with_vat(orders, outputs["orders_with_vat"], ROWS),
             *fraud_scores(orders, outputs["fraud_scores"])]
    print({topic: len(found) for topic, found in outputs.items()}, f"{len(wrong)} differences", *wrong[:9], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    _, addresses, what = sys.argv
    sys.exit({"countries": countries, "last": last, "check": check}[what](addresses))
