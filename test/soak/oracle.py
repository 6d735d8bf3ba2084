"""What each output must hold, given the inputs: written from SPEC.md, in another language than the workers."""

import json
import re
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal

STEPS = 60
WINDOW_MS = 600_000
THRESHOLD_FAILURES = 3
THRESHOLD_CENTS = 50_000


def murmur2(data):
    m, length = 0x5BD1E995, len(data)
    h = (0x9747B28C ^ length) & 0xFFFFFFFF
    whole = length - length % 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & 0xFFFFFFFF
        h = (h * m & 0xFFFFFFFF) ^ ((k ^ (k >> 24)) * m & 0xFFFFFFFF)
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & 0xFFFFFFFF
    h = (h ^ (h >> 13)) * m & 0xFFFFFFFF
    return h ^ (h >> 15)


def partition_of(key, partitions):
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def parse(value):
    return json.loads(value, parse_float=Decimal)


def cents(number):
    exact = Decimal(number) * 100
    assert exact == int(exact), f"{number} has more than two decimals"
    return int(exact)


ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def ms_of(text):
    """ms since 1970 of either of the two formats that an input may have."""
    if " " in text:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    else:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(moment.timestamp() * 1000)


def ms_of_output(text):
    assert ISO.match(text), f"{text} is not a time as payflow writes it"
    return ms_of(text)


class Window:
    """Failures of one user in buckets, in the plainest way there is: a list of all that count."""

    def __init__(self):
        self.counted = []  # (bucket, time)
        self.newest_bucket = None
        self.newest = None

    def fail(self, time_ms):
        """The count that must be told, or None."""
        bucket = time_ms * STEPS // WINDOW_MS
        top = bucket if self.newest_bucket is None else max(self.newest_bucket, bucket)
        if bucket <= top - STEPS:
            return None
        self.newest_bucket = top
        self.newest = time_ms if self.newest is None else max(self.newest, time_ms)
        self.counted = [b for b in self.counted if b > top - STEPS] + [bucket]
        return len(self.counted) if len(self.counted) > THRESHOLD_FAILURES else None


class Violations:
    """What is wrong, by kind: how often, and the first few."""

    def __init__(self):
        self.found = defaultdict(lambda: {"times": 0, "examples": []})

    def add(self, kind, example):
        entry = self.found[kind]
        entry["times"] += 1
        if len(entry["examples"]) < 5:
            entry["examples"].append(str(example)[:300])

    def compare(self, kind, expected, found):
        """Two sequences, of one user for instance: the same, in the same order."""
        if expected == found:
            return
        for i, (a, b) in enumerate(zip(expected, found)):
            if a != b:
                self.add(kind, f"record {i}: expected {a}, found {b} ({len(expected)} expected, {len(found)} found)")
                return
        self.add(kind, f"{len(expected)} expected, {len(found)} found")
