-- The worker `failed-payments` writes this topic. ksqlDB's own answer to the same question is ksql_failed_payments (210).
CREATE STREAM failed_payments (
  k VARCHAR KEY,
  order_id VARCHAR,
  user_id BIGINT,
  amount DECIMAL(16, 2),
  payment_method VARCHAR,
  timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='failed_payments',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
