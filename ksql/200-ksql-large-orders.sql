-- Payments of more than 500. WHERE looks at one record at a time and keeps no state; > 500 leaves 500.00 out.
-- Every column is named: SELECT * would follow later changes of what is read.
CREATE STREAM ksql_large_orders
  WITH (KAFKA_TOPIC='ksql_large_orders', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', RETENTION_MS=-1) AS
SELECT user_key, `order_id`, `user_id`, `amount`, `payment_method`, `timestamp`
FROM ksql_payments
WHERE `amount` > 500
EMIT CHANGES;
