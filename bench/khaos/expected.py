"""What the examples must write, given orders and countries: written from what they are said to do, with nothing of payflow's code.

Orders are their values, numbers with a point as Decimal; what was found is (partition, key, value).
"""
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

PARTITIONS = 6


def murmur2(data: bytes) -> int:
    """As Kafka's clients for Java have it."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k ^= k >> 24
        h = (h * m & mask) ^ (k * m & mask)
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h ^= h >> 13
    h = h * m & mask
    return h ^ (h >> 15)


def partition_of(key: str) -> int:
    return (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS


def differences(what: str, found: Counter, expected: Counter) -> list:
    """Lines that say what is lost and what is too many; a record that is wrong is both."""
    return [f"{what}: lost or wrong: {each}" for each in (expected - found).items()] + [f"{what}: too many or wrong: {each}" for each in (found - expected).items()]


def items_per_currency(orders, found) -> list:
    """The order of records of several partitions is not given: each sum must be one order more than the one before, each order must be in one."""
    wrong, steps, before = [], Counter(), {}
    for partition, key, value in found:
        orders_, items, revenue = before.get(key, (0, 0, Decimal(0)))
        if value["orders"] != orders_ + 1 or value["currency"] != key or partition != partition_of(key):
            wrong.append(f"items_per_currency: {value} after {orders_} orders, in partition {partition}")
        now = (value["orders"], value["items"], Decimal(value["revenue"]))
        steps[(key, now[1] - items, now[2] - revenue)] += 1
        before[key] = now
    expected = Counter((o["currency"], sum(i["quantity"] for i in o["items"]), Decimal(o["amount"])) for o in orders if o["status"] != "cancelled")
    return wrong + differences("items_per_currency", steps, expected)


def misplaced(what: str, found, key_field: str) -> list:
    return [f"{what}: key {key} in partition {p}" for p, key, value in found if key != value[key_field] or p != partition_of(key)]


def orders_with_vat(orders, found, rows) -> list:
    """`rows`: country -> (is_eu, percent)."""
    expected = Counter()
    for o in orders:
        country = o["shipping_address"]["country"]
        eu, percent = rows.get(country, (None, None))
        vat = None if percent is None else (o["amount"] * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        expected[(o["order_id"], country, eu, Decimal(o["amount"]), vat)] += 1
    number = lambda n: None if n is None else Decimal(n)
    got = Counter((v["order_id"], v["country"], v["is_eu"], number(v["net"]), number(v["vat"])) for _, _, v in found)
    return misplaced("orders_with_vat", found, "order_id") + differences("orders_with_vat", got, expected)


def fraud_scores(orders, found) -> list:
    """Of the sessions that are over, which an order of an hour later in their partition makes them."""
    by_email, stream_time = defaultdict(list), Counter()
    for o in orders:
        email = o["customer_email"]
        by_email[email].append(o)
        stream_time[partition_of(email)] = max(stream_time[partition_of(email)], o["created_at"])
    expected = Counter()
    for email, all_of in by_email.items():
        all_of.sort(key=lambda o: o["created_at"])
        bursts = [[all_of[0]]]
        for o in all_of[1:]:
            if o["created_at"] - bursts[-1][-1]["created_at"] <= 60_000:
                bursts[-1].append(o)
            else:
                bursts.append([o])
        for burst in bursts:
            start, end, largest = burst[0]["created_at"], burst[-1]["created_at"], max(Decimal(o["amount"]) for o in burst)
            score = min(25 * (len(burst) - 1), 50) + (10 if largest > 1500 else 0)
            score += (15 if len({o["currency"] for o in burst}) > 1 else 0) + (25 if len({o["shipping_address"]["country"] for o in burst}) > 1 else 0)
            if score >= 10 and end + 60_000 + 300_000 < stream_time[partition_of(email)]:
                expected[(email, start, end, len(burst), largest, score)] += 1
    got = Counter((v["customer_email"], v["start"], v["end"], v["orders"], Decimal(v["largest"]), v["score"]) for _, _, v in found)
    return misplaced("fraud_scores", found, "customer_email") + differences("fraud_scores", got, expected)
