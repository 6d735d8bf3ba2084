-- The worker `frequent-failed-payments` writes this topic. ksqlDB's own answer: ksql_frequent_failed_payments (232).
CREATE STREAM frequent_failed_payments (
  k VARCHAR KEY,
  user_id BIGINT,
  failed_payment_count BIGINT,
  last_failed_timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='frequent_failed_payments',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='last_failed_timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
