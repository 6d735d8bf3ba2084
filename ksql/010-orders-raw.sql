-- The topic `orders` as plain text. A ksqlDB stream is only a description of a topic: nothing is copied, nothing runs.
--
-- Why text? VALUE_FORMAT='JSON' would parse each record for us, but forgivingly: "2" becomes 2, 1.5 becomes 1, a missing field
-- becomes NULL, and text after the JSON is ignored. The workers refuse all of that, so the checking is done in SQL, once, by
-- `ksql_orders` (110), and everything after it reads what was checked.
--
-- KEY_FORMAT='KAFKA' with VARCHAR is the key's bytes as text. It can read every key, whoever wrote it, and no key at all.
CREATE STREAM orders_raw (k VARCHAR KEY, json VARCHAR)
  WITH (KAFKA_TOPIC='orders', KEY_FORMAT='KAFKA', VALUE_FORMAT='KAFKA');
