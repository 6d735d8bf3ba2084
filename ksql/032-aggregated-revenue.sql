-- The worker `aggregated-revenue` writes this topic: a user's running total after each order. ksqlDB's answer: ksql_revenue (220).
CREATE STREAM aggregated_revenue (
  k VARCHAR KEY,
  user_id BIGINT,
  total_revenue DECIMAL(18, 2),
  order_count BIGINT,
  timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='aggregated_revenue',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
