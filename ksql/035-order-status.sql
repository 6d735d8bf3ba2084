-- The worker `process-payments` writes this topic. ksqlDB's own answer: ksql_order_status (240).
CREATE STREAM order_status (
  k VARCHAR KEY,
  order_id VARCHAR,
  user_id BIGINT,
  status VARCHAR,
  order_total DECIMAL(18, 2),
  amount DECIMAL(16, 2),
  payment_id VARCHAR,
  payment_method VARCHAR,
  timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='order_status',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
