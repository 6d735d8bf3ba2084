"""The input topics as they stand, by user and in the order of their partitions."""

from collections import Counter, defaultdict

from kafka_reader import read
from oracle import cents, ms_of, parse

ID = {"orders": "order_id", "payments": "payment_id", "users": None}
READERS = {
    "orders": ["aggregated-revenue", "process-orders", "process-payments"],
    "payments": ["failed-payments", "large-orders", "process-payments"],
    "users": ["process-orders"],
}


class Inputs:
    def __init__(self, cluster):
        self.orders = defaultdict(list)  # user → (order_id, product_id, quantity, price, time)
        self.payments = defaultdict(list)  # user → (payment_id, order_id, status, amount, method, time)
        self.users = defaultdict(list)  # user → (name, event_type, time)
        self.totals = {}  # (user, order_id) → cents
        self.counts = Counter()
        self.distinct = {}
        self.bad = {}  # (topic, partition, offset) → (key, value)
        for topic, name in ID.items():
            ids = set()
            for message in read(cluster, topic):
                self.counts[topic] += 1
                if is_bad(message):
                    self.bad[topic, message.partition(), message.offset()] = (message.key(), message.value())
                    continue
                event = parse(message.value())
                if name:
                    ids.add(event[name])
                getattr(self, f"_{topic}")(event)
            if name:
                self.distinct[topic] = len(ids)

    def _orders(self, e):
        price = cents(e["price"])
        self.orders[e["user_id"]].append(
            (e["order_id"], e["product_id"], e["quantity"], price, ms_of(e["timestamp"]))
        )
        self.totals[e["user_id"], e["order_id"]] = price * e["quantity"]

    def _payments(self, e):
        self.payments[e["user_id"]].append(
            (e["payment_id"], e["order_id"], e["status"], cents(e["amount"]), e["payment_method"], ms_of(e["timestamp"]))
        )

    def _users(self, e):
        self.users[e["user_id"]].append((e["name"], e["event_type"], ms_of(e["timestamp"])))

    def profiles(self, user):
        """What is known of a user after each of its events, from nothing on."""
        known = [None]
        for name, event_type, time in self.users.get(user, []):
            if known[-1] is None or time >= known[-1][2]:
                known.append((name, event_type, time))
        return known


def is_bad(message):
    """foreign.py marks what it writes."""
    return any(name == "kind" and value.startswith(b"bad") for name, value in message.headers() or [])
