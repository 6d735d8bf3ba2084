"""Checks a cluster on which payflow's workers have caught up. It prints one JSON document, and ends with 4 for a violation.

    python3 verify.py BROKERS [--keyed] [--acked JSON] [--watched FILE] [--examples]
"""

import argparse
import json
import sys
from collections import defaultdict

import foreign_outputs
from caught_up import WORKERS, behind
from inputs import READERS, Inputs
from kafka_reader import UNCOMMITTED, Cluster, read
from oracle import Violations
from outputs import TOPICS, Outputs

PROGRESS = b"\0progress"


def main():
    options = arguments()
    cluster = Cluster(options.brokers)
    violations, figures = Violations(), {}
    if options.examples:
        WORKERS.update(foreign_outputs.EXAMPLES)
    for kind, example in behind(cluster).items():
        violations.add(kind, example)
    inputs = Inputs(cluster)
    figures["inputs"] = dict(inputs.counts)
    acked = json.loads(options.acked)
    foreign = acked.pop(foreign_outputs.TOPIC, 0)
    acknowledged(inputs, acked, violations)
    outputs = Outputs(cluster, inputs, violations, options.keyed)
    outputs.check()
    figures["outputs"] = dict(outputs.counts)
    figures["aborted"] = aborted(cluster, outputs.counts)
    if options.examples:
        digests, counts, lost = foreign_outputs.check(cluster, violations, foreign)
        outputs.digests.update(digests)
        figures["outputs"].update(counts)
        figures["aborted"].update(lost)
    figures["deadLetters"] = dead_letters(cluster, inputs, violations)
    figures["state"] = states(cluster, inputs, outputs, violations)
    if options.watched:
        watched(json.load(open(options.watched)), outputs, violations)
    found = dict(violations.found)
    print(json.dumps({"ok": not found, "violations": found, **figures}))
    sys.exit(4 if found else 0)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("brokers")
    parser.add_argument("--keyed", action="store_true", help="every input stands in its user's partition")
    parser.add_argument("--acked", default="{}", help="topic → number of records that a producer got an answer for")
    parser.add_argument("--watched", help="what watch.py printed")
    parser.add_argument("--examples", action="store_true", help="the workers of examples/ ran over foreign orders")
    return parser.parse_args()


def acknowledged(inputs, acked, violations):
    for topic, count in acked.items():
        found = inputs.counts[topic]
        if found != count or inputs.distinct.get(topic, count) != count:
            violations.add(
                f"{topic}: not what was acknowledged, once each",
                f"{count} acknowledged, {found} found, {inputs.distinct.get(topic)} of them different",
            )


def aborted(cluster, counts):
    """Records in the outputs that only a read-uncommitted reader sees."""
    return {t: sum(1 for _ in read(cluster, t, UNCOMMITTED)) - counts[t] for t in TOPICS}


def dead_letters(cluster, inputs, violations):
    """Every bad record once for each worker that reads its topic, key and value as they were."""
    expected = {(w, *at): record for at, record in inputs.bad.items() for w in READERS[at[0]]}
    count = 0
    for message in read(cluster, "dead_letters"):
        headers = {name: value.decode() for name, value in message.headers()}
        at = (headers["payflow.worker"], headers["payflow.topic"], int(headers["payflow.partition"]), int(headers["payflow.offset"]))
        count += 1
        record = expected.pop(at, None)
        if record is None:
            violations.add("dead_letters: twice, or of a good record", f"{at}: {headers['payflow.reason']}")
        elif record != (message.key(), message.value()):
            violations.add("dead_letters: changed", f"{at}")
    for at in expected:
        violations.add("dead_letters: missing", f"{at}")
    return count


def states(cluster, inputs, outputs, violations):
    """What a fresh instance would restore is what the inputs and outputs imply, and progress is where the groups stand."""
    sizes = {}
    for worker in WORKERS:
        topic = f"payflow-{worker}-state"
        restored, progress = defaultdict(dict), {}
        records = 0
        for message in read(cluster, topic):
            records += 1
            if message.key() == PROGRESS:
                progress[message.partition()] = json.loads(message.value())
            elif message.value() is None:
                restored[message.partition()].pop(message.key().decode(), None)
            else:
                restored[message.partition()][message.key().decode()] = json.loads(message.value())
        merged = {key: value for table in restored.values() for key, value in table.items()}
        if len(merged) != sum(map(len, restored.values())):
            violations.add(f"{worker}: a key has state in two partitions", worker)
        sizes[worker] = {"keys": len(merged), "records": records, "offsets": sum(cluster.ends([topic]).values())}
        said = {at: offset for record in progress.values() for at, offset in record["offsets"].items()}
        for (t, p), offset in cluster.committed(f"payflow-{worker}").items():
            if said.get(f"{t}/{p}", 0) != offset:
                violations.add("progress is not what is committed", f"{worker} {t}/{p}: {said.get(f'{t}/{p}')}, {offset}")
        wrong = STATES[worker](merged, inputs, outputs) if worker in STATES else None
        if wrong:
            violations.add(f"{worker}: restored state is not what the inputs imply", wrong)
    return sizes


def revenue_state(restored, inputs, _):
    expected = {str(u): {"cents": sum(o[2] * o[3] for o in os), "orders": len(os)} for u, os in inputs.orders.items()}
    return difference(expected, restored)


def failures_state(restored, _, outputs):
    expected = {str(u): (len(w.counted), w.newest_bucket, w.newest) for u, w in outputs.windows.items()}
    return difference(expected, {u: (sum(s["counts"]), s["bucket"], s["newest"]) for u, s in restored.items()})


def profile_state(restored, inputs, _):
    expected = {str(u): dict(zip(("name", "last_event_type", "last_seen"), inputs.profiles(u)[-1])) for u in inputs.users}
    return difference(expected, restored)


def matching_state(restored, inputs, _):
    """Orders, and payments that wait for one."""
    expected = {f"{u}:{o}": total for (u, o), total in inputs.totals.items()}
    waiting = {f"{u}:{p[1]}" for u, ps in inputs.payments.items() for p in ps} - set(expected)
    return difference({**expected, **{key: None for key in waiting}}, {key: s["total"] for key, s in restored.items()})


STATES = {
    "aggregated-revenue": revenue_state,
    "frequent-failed-payments": failures_state,
    "process-orders": profile_state,
    "process-payments": matching_state,
}


def difference(expected, found):
    for key in expected.keys() | found.keys():
        if expected.get(key, "none") != found.get(key, "none"):
            return f"{key}: expected {expected.get(key, 'none')}, found {found.get(key, 'none')}"
    return None


def watched(seen, outputs, violations):
    """Who watched all the time saw the same sequence as one that reads from the start now."""
    for error in seen["errors"]:
        violations.add("the watching reader", error)
    for at, watched_then in seen["partitions"].items():
        now = outputs.digests[at].result() if at in outputs.digests else {"count": 0}
        if watched_then["count"] != now["count"] or now["count"] and watched_then != now:
            violations.add("the watching reader saw another sequence", f"{at}: {watched_then}, now {now}")


if __name__ == "__main__":
    main()
