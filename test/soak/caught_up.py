"""Waits until payflow's groups stand at the end of their inputs and no transaction is open.

    python3 caught_up.py BROKERS SECONDS [--examples]

It prints one JSON document, how long each of the two took or what is behind, and ends with 1 when that was too long.
"""

import json
import sys
import time

from kafka_reader import UNCOMMITTED, Cluster
from foreign_outputs import EXAMPLES, OUTPUTS
from outputs import TOPICS

WORKERS = {
    "failed-payments": ["payments"],
    "large-orders": ["payments"],
    "aggregated-revenue": ["orders"],
    "frequent-failed-payments": ["failed_payments"],
    "process-orders": ["orders", "users"],
    "process-payments": ["orders", "payments"],
}
HANGS = "a transaction hangs"


def behind(cluster):
    """What is not as it must be once all is processed, by kind."""
    found = {}
    inputs = [(w, t) for w, topics in WORKERS.items() for t in [*topics, f"payflow-{w}-inbox"]]
    topics = sorted({t for _, t in inputs} | set(TOPICS) | {o for o in OUTPUTS if EXAMPLES.keys() <= WORKERS.keys()} | {f"payflow-{w}-state" for w in WORKERS})
    stable, ends = cluster.ends(topics), cluster.ends(topics, UNCOMMITTED)
    for at, end in ends.items():
        if stable[at] < end:
            found[HANGS] = f"{at}: stable up to {stable[at]} of {end}"
    committed = {worker: cluster.committed(f"payflow-{worker}") for worker in WORKERS}
    for worker, topic in inputs:
        for (t, p), end in stable.items():
            offset = committed[worker].get((t, p), 0)
            if t == topic and offset != end:
                found["committed is not the end of the input"] = f"{worker} {t}/{p}: {offset} of {end}"
    return found


def main(brokers, seconds):
    cluster = Cluster(brokers)
    started = time.monotonic()
    after = None
    while True:
        found = behind(cluster)
        passed = round(time.monotonic() - started, 1)
        if HANGS not in found and after is None:
            after = passed
        if not found or passed > seconds:
            print(json.dumps({"nothingHangsAfterS": after, "caughtUpAfterS": None if found else passed, "behind": found}))
            return 1 if found else 0
        time.sleep(0.5)


if __name__ == "__main__":
    if "--examples" in sys.argv:
        WORKERS.update(EXAMPLES)
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
