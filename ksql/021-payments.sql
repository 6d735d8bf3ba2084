-- The topic `payments` with types, for questions. The columns are explained in 020-orders.sql.
CREATE STREAM payments (
  k VARCHAR KEY,
  payment_id VARCHAR,
  order_id VARCHAR,
  user_id BIGINT,
  status VARCHAR,
  amount DECIMAL(16, 2),
  payment_method VARCHAR,
  timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='payments',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
