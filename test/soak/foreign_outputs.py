"""Checks what the examples have written over foreign orders, and what they have handed on: each record once, and no other."""

import json
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

from foreign_orders import ROWS, TOPIC
from kafka_reader import UNCOMMITTED, Digest, read

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench" / "khaos"))
from expected import fraud_scores, items_per_currency, orders_with_vat, partition_of  # noqa: E402

EXAMPLES = {
    "items-per-currency": [TOPIC],
    "fraud-score": [TOPIC],
    "orders-with-vat": [TOPIC, "countries"],
}
OUTPUTS = {
    "items_per_currency": items_per_currency,
    "orders_with_vat": lambda orders, found: orders_with_vat(orders, found, ROWS),
    "fraud_scores": fraud_scores,
}
# what decides where an order is processed
PLACES = {
    "items-per-currency": lambda o: o["currency"],
    "fraud-score": lambda o: o["customer_email"],
    "orders-with-vat": lambda o: o["shipping_address"]["country"],
}


def parse(message):
    return json.loads(message.value(), parse_float=Decimal)


def check(cluster, violations, acked):
    """Returns what there is: digests by partition, records and aborted records by topic."""
    orders = {(m.partition(), m.offset()): parse(m) for m in read(cluster, TOPIC)}
    different = len({o["order_id"] for o in orders.values()})
    # one that librdkafka did not know to be written may have been written twice: both are records like any other
    if not acked == different <= len(orders):
        violations.add(f"{TOPIC}: not what was acknowledged", f"{acked} acknowledged, {len(orders)} found, {different} of them different")
    digests, counts, aborted = {}, {TOPIC: len(orders)}, {}
    for topic, wrong_in in OUTPUTS.items():
        found = []
        for message in read(cluster, topic):
            digests.setdefault(f"{topic}/{message.partition()}", Digest()).add(message)
            found.append((message.partition(), message.key().decode(), parse(message)))
        for wrong in wrong_in(list(orders.values()), found):
            violations.add(f"{topic}: not what the orders say", wrong)
        counts[topic] = len(found)
        aborted[topic] = sum(1 for _ in read(cluster, topic, UNCOMMITTED)) - len(found)
    for worker, place in PLACES.items():
        handed_on(cluster, violations, worker, {at: partition_of(place(o)) for at, o in orders.items()})
        counts[f"payflow-{worker}-inbox"] = sum(cluster.ends([f"payflow-{worker}-inbox"]).values())
    return digests, counts, aborted


def handed_on(cluster, violations, worker, home):
    """Each order that lies elsewhere than it belongs is in the inbox once, where it belongs."""
    expected = Counter((*at, to) for at, to in home.items() if at[0] != to)
    found = Counter()
    for message in read(cluster, f"payflow-{worker}-inbox"):
        headers = {name: value.decode() for name, value in message.headers() or [] if name.startswith("payflow.") and value is not None}
        found[int(headers["payflow.partition"]), int(headers["payflow.offset"]), message.partition()] += 1
    for kind, at in (("lost", expected - found), ("twice, or of no such order", found - expected)):
        for each in at:
            violations.add(f"{worker}: handed on: {kind}", f"partition, offset, to: {each}")
