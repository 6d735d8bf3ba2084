-- Revenue per user, exact to the cent. A TABLE holds the newest value of each key; every order changes one row. A pull query reads
-- it as it is now, like a table of a database:
--
--   payflow ksql query "SELECT * FROM ksql_revenue WHERE user_key = '7'"
--
-- - SUM has the type of what it adds, here DECIMAL(36, 2). In a narrow DECIMAL an addition that does not fit is left out, and
--   nothing says so.
-- - `total` is never NULL here: SUM would leave a NULL out, and COUNT(*) would count its record all the same.
-- - The topic gets one record for each order, the running totals as the worker writes them, because payflow asks for
--   cache.max.bytes.buffering=0; by default only the newest of about two seconds would be written.
CREATE TABLE ksql_revenue
  WITH (KAFKA_TOPIC='ksql_revenue', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON') AS
SELECT
  user_key,
  CAST(user_key AS BIGINT) AS `user_id`,
  SUM(`total`) AS `total_revenue`,
  COUNT(*) AS `order_count`,
  LATEST_BY_OFFSET(`timestamp`) AS `timestamp`
FROM ksql_orders
GROUP BY user_key
EMIT CHANGES;
