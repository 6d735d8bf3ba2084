-- The topic `users` as plain text, for the reasons given in 010-orders-raw.sql.
CREATE STREAM users_raw (k VARCHAR KEY, json VARCHAR)
  WITH (KAFKA_TOPIC='users', KEY_FORMAT='KAFKA', VALUE_FORMAT='KAFKA');
