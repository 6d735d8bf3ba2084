"""Compares each output with what the inputs say it must hold."""

from collections import Counter, defaultdict

from kafka_reader import Digest, read
from oracle import THRESHOLD_CENTS, Window, cents, ms_of_output, parse, partition_of

TOPICS = [
    "failed_payments",
    "large_orders",
    "aggregated_revenue",
    "frequent_failed_payments",
    "enriched_orders",
    "order_status",
]


def profile_of(user):
    return user and (user["name"], user["last_event_type"], ms_of_output(user["last_seen"]))


class Outputs:
    def __init__(self, cluster, inputs, violations, keyed):
        """`keyed`: every input stood in its user's partition, so that the order of a user's outputs is known too."""
        self.cluster, self.inputs, self.violations, self.keyed = cluster, inputs, violations, keyed
        self.digests = {}
        self.counts = Counter()
        self.windows = {}

    def check(self):
        failed = self._read("failed_payments", "user_id")
        self._picked("failed_payments", failed, lambda p: p[2] == "FAILED")
        self._picked("large_orders", self._read("large_orders", "user_id"), lambda p: p[3] > THRESHOLD_CENTS)
        self._revenue(self._read("aggregated_revenue", "user_id"))
        self._frequent(failed, self._read("frequent_failed_payments", "user_id"))
        self._enriched(self._read("enriched_orders", "user_id"))
        self._statuses(self._read("order_status", "order_id"))

    def _read(self, topic, key_field):
        """key → its records, in order."""
        found = defaultdict(list)
        partitions = len(self.cluster.partitions(topic))
        for message in read(self.cluster, topic):
            partition = message.partition()
            self.digests.setdefault(f"{topic}/{partition}", Digest()).add(message)
            self.counts[topic] += 1
            event = parse(message.value())
            key = message.key()
            if key != str(event[key_field]).encode() or partition != partition_of(key, partitions):
                self.violations.add(f"{topic}: wrong key or partition", f"{key} in partition {partition}")
            found[event[key_field]].append(event)
        return found

    def _same(self, topic, user, expected, found):
        order = list if self.keyed else sorted
        self.violations.compare(f"{topic}: not what the inputs say", order(expected), order(found))

    def _users(self, *tables):
        return set().union(*tables)

    def _picked(self, topic, found, wanted):
        for user in self._users(found, self.inputs.payments):
            expected = [(p[1], p[3], p[4], p[5]) for p in self.inputs.payments.get(user, []) if wanted(p)]
            actual = [
                (e["order_id"], cents(e["amount"]), e["payment_method"], ms_of_output(e["timestamp"]))
                for e in found.get(user, [])
            ]
            self._same(topic, user, expected, actual)

    def _revenue(self, found):
        """Every intermediate sum: from one to the next the total grows by one order's."""
        for user in self._users(found, self.inputs.orders):
            expected = [(o[2] * o[3], o[4]) for o in self.inputs.orders.get(user, [])]
            before, steps = 0, []
            for i, e in enumerate(found.get(user, [])):
                total = cents(e["total_revenue"])
                steps.append((total - before, ms_of_output(e["timestamp"])))
                before = total
                if e["order_count"] != i + 1:
                    self.violations.add("aggregated_revenue: wrong count", f"user {user}: {e} is number {i + 1}")
            self._same("aggregated_revenue", user, expected, steps)

    def _frequent(self, failed, found):
        """By the order in which failed_payments stands, which is keyed rightly whoever wrote the payments."""
        for user in self._users(failed, found):
            window = self.windows[user] = Window()
            expected = []
            for e in failed.get(user, []):
                count = window.fail(ms_of_output(e["timestamp"]))
                if count is not None:
                    expected.append((count, window.newest))
            actual = [(e["failed_payment_count"], ms_of_output(e["last_failed_timestamp"])) for e in found.get(user, [])]
            self.violations.compare("frequent_failed_payments: not what failed_payments says", expected, actual)

    def _enriched(self, found):
        for user in self._users(found, self.inputs.orders):
            expected = [(*o, o[2] * o[3]) for o in self.inputs.orders.get(user, [])]
            actual = [
                (e["order_id"], e["product_id"], e["quantity"], cents(e["price"]), ms_of_output(e["timestamp"]), cents(e["total"]))
                for e in found.get(user, [])
            ]
            self._same("enriched_orders", user, expected, actual)
            profiles = [profile_of(e["user"]) for e in found.get(user, [])]
            (self._profiles if self.keyed else self._profiles_in_any_order)(user, profiles)

    def _profiles(self, user, seen):
        """Each is one that was true at some time; and what was known once is never forgotten."""
        known = self.inputs.profiles(user)
        at = 0
        for said in seen:
            if said not in known[at:]:
                self.violations.add("enriched_orders: a profile that was not so", f"user {user}: {said}")
                return
            at = known.index(said, at)

    def _profiles_in_any_order(self, user, seen):
        """A user's events stand in several partitions, so any may come first; but none follows that is older."""
        events = set(self.inputs.users.get(user, []))
        newest = None
        for said in seen:
            right = newest is None if said is None else said in events and said[2] >= (newest or 0)
            if not right:
                self.violations.add("enriched_orders: a profile that was not so", f"user {user}: {said} after {newest}")
                return
            newest = said and said[2]

    def _statuses(self, found):
        by_payment = defaultdict(list)
        for events in found.values():
            for e in events:
                total = None if e["order_total"] is None else cents(e["order_total"])
                by_payment[e["payment_id"]].append(
                    (e["status"], e["user_id"], e["order_id"], total, cents(e["amount"]), e["payment_method"], ms_of_output(e["timestamp"]))
                )
        kind = "order_status: not what the inputs say"
        for user, payments in self.inputs.payments.items():
            for payment_id, order_id, status, amount, method, time in payments:
                total = self.inputs.totals.get((user, order_id))
                rest = (user, order_id, total, amount, method, time)
                unknown = ("UNKNOWN_ORDER", user, order_id, None, amount, method, time)
                last = "DECLINED" if status == "FAILED" else "PAID" if amount == total else "AMOUNT_MISMATCH"
                allowed = [[], [unknown]] if total is None else [[(last, *rest)], [unknown, (last, *rest)]]
                told = by_payment.pop(payment_id, [])
                if told not in allowed:
                    self.violations.add(kind, f"payment {payment_id}: expected {allowed[0]}, found {told}")
        for payment_id in by_payment:
            self.violations.add(kind, f"payment {payment_id} was never made")
