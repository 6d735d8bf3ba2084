"""Writes orders, payments and users as some other program would, with librdkafka: not everything as it should be.

    python3 foreign.py BROKERS COUNT SEED

Three records in ten have no key, or another than the user's; one in a hundred is bad in each of the ways that there are; times have
either format; and most records have fields that nobody knows. What is bad says so in a header, for verify.py.
"""

import json
import random
import sys
import uuid
from datetime import datetime, timedelta, timezone

from confluent_kafka import Producer

USERS = 100
METHODS = ["Credit Card", "Debit Card", "PayPal", "Crypto"]
TYPES = ["signup", "login", "view_product", "add_to_cart", "purchase"]
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
STEP_MS = 2.5

MONEY = {"orders": "price", "payments": "amount", "users": None}


def bad_values(topic, event):
    """Every kind of bad record, by name."""
    without = {k: v for k, v in event.items() if k != "user_id"}
    text = json.dumps(event)
    kinds = {
        "not UTF-8": b"\xff\xfe" + text.encode(),
        "not JSON": text[: len(text) // 2].encode(),
        "not an object": json.dumps([event]).encode(),
        "a field missing": json.dumps(without).encode(),
        "a wrong type": json.dumps({**event, "user_id": str(event["user_id"])}).encode(),
        "a wrong range": json.dumps({**event, "user_id": 0}).encode(),
        "no readable time": json.dumps({**event, "timestamp": "2026-01-01T00:00:00"}).encode(),
        "no value": None,
        "an empty value": b"",
    }
    money = MONEY[topic]
    if money:
        kinds["three decimals"] = json.dumps({**event, money: 10.125}).encode()
        kinds["less than nothing"] = json.dumps({**event, money: -1}).encode()
    return kinds


def main(brokers, count, seed):
    rng = random.Random(seed)
    producer = Producer(
        {"bootstrap.servers": brokers, "partitioner": "murmur2_random", "linger.ms": 20, "enable.idempotence": True}
    )
    written = {"orders": 0, "payments": 0, "users": 0, "bad": 0, "misplaced": 0}

    def write(topic, event):
        draw = rng.random()
        key = str(event["user_id"])
        if draw < 0.3:
            written["misplaced"] += 1
            key = None if draw < 0.15 else f"no key of user {key}"
        value, kind = json.dumps(event).encode(), "good"
        kinds = bad_values(topic, event)
        chosen = int(rng.random() * 100)
        if chosen < len(kinds):
            # beside the good one, so that no payment loses its order
            name = list(kinds)[chosen]
            send(topic, key, kinds[name], f"bad: {name}")
            written["bad"] += 1
        send(topic, key, value, kind)

    def send(topic, key, value, kind):
        written[topic] += 1
        while True:
            try:
                producer.produce(topic, key=key, value=value, headers={"kind": kind, "by": "foreign.py"})
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)

    def uuid_():
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def time(i):
        moment = START + timedelta(milliseconds=STEP_MS * i)
        if rng.random() < 0.3:
            return moment.strftime("%Y-%m-%d %H:%M:%S")
        if rng.random() < 0.1:
            return moment.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="milliseconds")
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    for i in range(count):
        user = 1 + int(USERS * rng.random() ** 2)
        more = {"channel": rng.choice(["web", "app"]), "nested": {"a": [1, None]}} if rng.random() < 0.7 else {}
        cents, quantity = rng.randint(1_000, 50_000), rng.randint(1, 5)
        order_id = uuid_()
        write(
            "orders",
            {"order_id": order_id, "user_id": user, "product_id": rng.randint(1000, 9999), "quantity": quantity, "price": cents / 100, "timestamp": time(i), **more},
        )
        amount = cents * quantity + (1 if rng.random() < 0.02 else 0)
        write(
            "payments",
            {"payment_id": uuid_(), "order_id": order_id, "user_id": user, "status": "FAILED" if rng.random() < 0.15 else "SUCCESS", "amount": amount / 100, "payment_method": rng.choice(METHODS), "timestamp": time(i), **more},
        )
        if i % 20 == 0:
            write(
                "users",
                {"user_id": user, "name": f"User {user}", "event_type": rng.choice(TYPES), "product_id": None, "timestamp": time(i), **more},
            )
    producer.flush()
    print(json.dumps(written))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
