-- The worker `process-orders` writes this topic. A JSON object within the JSON is a STRUCT: SELECT user->name FROM enriched_orders
-- EMIT CHANGES. ksqlDB's own answer: ksql_enriched_orders (310).
CREATE STREAM enriched_orders (
  k VARCHAR KEY,
  order_id VARCHAR,
  user_id BIGINT,
  product_id BIGINT,
  quantity BIGINT,
  price DECIMAL(16, 2),
  timestamp VARCHAR,
  total DECIMAL(18, 2),
  user STRUCT<name VARCHAR, last_event_type VARCHAR, last_seen VARCHAR>
) WITH (
  KAFKA_TOPIC='enriched_orders',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
