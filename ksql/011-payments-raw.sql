-- The topic `payments` as plain text, for the reasons given in 010-orders-raw.sql.
CREATE STREAM payments_raw (k VARCHAR KEY, json VARCHAR)
  WITH (KAFKA_TOPIC='payments', KEY_FORMAT='KAFKA', VALUE_FORMAT='KAFKA');
