-- What people do, with types: SELECT name, event_type FROM users EMIT CHANGES
CREATE STREAM users (
  k VARCHAR KEY,
  user_id BIGINT,
  name VARCHAR,
  event_type VARCHAR,
  product_id BIGINT,
  timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='users',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
