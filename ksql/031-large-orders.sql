-- The worker `large-orders` writes this topic. ksqlDB's own answer is ksql_large_orders (200).
CREATE STREAM large_orders (
  k VARCHAR KEY,
  order_id VARCHAR,
  user_id BIGINT,
  amount DECIMAL(16, 2),
  payment_method VARCHAR,
  timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='large_orders',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
