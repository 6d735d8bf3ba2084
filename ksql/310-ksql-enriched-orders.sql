-- Each order with what is known of its user at that moment. LEFT JOIN: an order of an unknown user stays, "user" is null.
--
-- A stream joined with a table needs no WITHIN: the table has one row for each key. Both sides have the same key and the same number
-- of partitions. When old data are read, orders may be met before the users' events: which profile an order gets then depends on
-- the moment; its total never does.
CREATE STREAM ksql_enriched_orders
  WITH (KAFKA_TOPIC='ksql_enriched_orders', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', RETENTION_MS=-1) AS
SELECT
  o.user_key AS user_key,
  o.`order_id` AS `order_id`,
  o.`user_id` AS `user_id`,
  o.`product_id` AS `product_id`,
  o.`quantity` AS `quantity`,
  o.`price` AS `price`,
  o.`timestamp` AS `timestamp`,
  o.`total` AS `total`,
  CASE WHEN u.`name` IS NOT NULL
    THEN STRUCT(`name` := u.`name`, `last_event_type` := u.`last_event_type`, `last_seen` := u.`last_seen`)
  END AS `user`
FROM ksql_orders o
LEFT JOIN ksql_user_profiles u ON o.user_key = u.user_key
EMIT CHANGES;
