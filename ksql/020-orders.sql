-- The topic `orders` with types, for questions. In a shell:
--
--   payflow ksql query "SELECT user_id, price, quantity FROM orders EMIT CHANGES" --limit 5
--
-- - Names without backquotes are upper-case in SQL, and still find the lower-case fields of the JSON.
-- - DECIMAL(16, 2) is exact money. A DOUBLE would be a fraction of a cent off before long.
-- - TIMESTAMP makes the event's own time its ROWTIME, the clock that windows and joins go by.
-- - One TIMESTAMP_FORMAT with two optional parts, [..][..], reads both ways of writing a time: ISO-8601 with a zone, and
--   YYYY-MM-DD HH:MM:SS, which is read in the server's zone. Run the server in UTC (TZ=UTC, or -Duser.timezone=UTC).
--
-- What these typed streams cannot read they leave out, silently, and some of what is wrong they let pass. For figures that have
-- to be right, read the checked streams: ksql_orders, ksql_payments, ksql_users.
CREATE STREAM orders (
  k VARCHAR KEY,
  order_id VARCHAR,
  user_id BIGINT,
  product_id BIGINT,
  quantity BIGINT,
  price DECIMAL(16, 2),
  timestamp VARCHAR
) WITH (
  KAFKA_TOPIC='orders',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON',
  TIMESTAMP='timestamp',
  TIMESTAMP_FORMAT='[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]'
);
