-- What the workers refused: any bytes, so text is the only honest type.
-- Try: payflow ksql query "SELECT * FROM dead_letters EMIT CHANGES LIMIT 5"
CREATE STREAM dead_letters (k VARCHAR KEY, raw VARCHAR)
  WITH (KAFKA_TOPIC='dead_letters', KEY_FORMAT='KAFKA', VALUE_FORMAT='KAFKA');
