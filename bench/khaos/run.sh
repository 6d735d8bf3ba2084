#!/usr/bin/env bash
# The examples over orders of khaos (a load generator in Python), on three brokers, with a worker process killed in the middle.
# Usage: npm run build && bench/khaos/run.sh [SECONDS]; needs python3 -m venv bench/khaos/venv && bench/khaos/venv/bin/pip install khaos-cli
# PAYFLOW_KAFKA_JARS may name a directory of Kafka's jars; FAILPOINT is where that process is killed,
# such as after-outputs:kill:20 (docs/internals/task.md); without it, it is killed when a third of the time is over.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=${VENV:-$here/venv}/bin
seconds=${1:-120}
export PAYFLOW_HOME=$(mktemp -d) PAYFLOW_KAFKA_PORT=0 PAYFLOW_ZOOKEEPER_PORT=0 PAYFLOW_ENGINE=local
[ -z "${PAYFLOW_KAFKA_JARS:-}" ] || ln -s "$PAYFLOW_KAFKA_JARS" "$PAYFLOW_HOME/$(basename "$PAYFLOW_KAFKA_JARS")"
payflow() { node "$root/bin/payflow.js" "$@"; }
workers() { exec node "$root/bin/payflow.js" worker "$root"/examples/{items-per-currency,fraud-score,orders-with-vat}.js --quiet "$@"; }
finish() { kill $(jobs -p) 2>/dev/null || true; wait || true; payflow infra down --volumes --quiet || true; rm -rf "$PAYFLOW_HOME"; }
trap finish EXIT

payflow infra up --nodes 3 --no-ksql --quiet > /dev/null
brokers=$(payflow infra status --json | node -pe 'JSON.parse(require("fs").readFileSync(0, "utf8")).brokers.join(",")')
"$bin/python" "$here/check.py" "$brokers" countries
"$bin/khaos" simulate flows/ecommerce-orders --bootstrap-servers "$brokers" --duration "$seconds" --no-consumers > "$PAYFLOW_HOME/khaos.log" 2>&1 &
khaos=$!
until payflow topics describe orders --quiet > /dev/null 2>&1; do sleep 1; done
sleep 3
PAYFLOW_FAILPOINT=${FAILPOINT:-} workers & first=$!
workers & second=$!
sleep $((seconds / 3))
if [ -z "${FAILPOINT:-}" ]; then kill -9 $first; fi
wait $first || echo "the first worker process has ended with $?"
sleep $((seconds / 6))
workers & third=$!
wait $khaos || { cat "$PAYFLOW_HOME/khaos.log"; exit 1; }
kill $second $third
wait $second || true
wait $third || true
catch_up() { payflow worker "$root"/examples/{items-per-currency,fraud-score,orders-with-vat}.js --until-caught-up --json --quiet; }
# an order an hour later than all others must not overtake those that are still to be handed on: they would be late
catch_up
"$bin/python" "$here/check.py" "$brokers" last
catch_up
for worker in items-per-currency fraud-score orders-with-vat; do payflow dead-letters list --worker $worker --json; done
"$bin/python" "$here/check.py" "$brokers" check
