-- Each payment with its order, whichever comes first. Two streams are joined within a span of time, because ksqlDB must keep both
-- sides for so long, on its disk. WITHIN 1 DAY is the worker's --retention. GRACE PERIOD is how late a record may come by the clock of
-- its partition: when old data are read, one side may be far ahead of the other, so it is long.
--
-- AS_VALUE copies the key into the JSON value, where it would be missing. A payment whose order never comes has no row here: the
-- worker's UNKNOWN_ORDER needs a clock that goes on when nothing comes.
CREATE STREAM ksql_order_status
  WITH (KAFKA_TOPIC='ksql_order_status', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', RETENTION_MS=-1) AS
SELECT
  p.`order_id` AS order_key,
  AS_VALUE(p.`order_id`) AS `order_id`,
  p.`user_id` AS `user_id`,
  CASE
    WHEN p.`status` = 'FAILED' THEN 'DECLINED'
    WHEN p.`amount` = o.`total` THEN 'PAID'
    ELSE 'AMOUNT_MISMATCH'
  END AS `status`,
  o.`total` AS `order_total`,
  p.`amount` AS `amount`,
  p.`payment_id` AS `payment_id`,
  p.`payment_method` AS `payment_method`,
  p.`timestamp` AS `timestamp`
FROM ksql_payments p
JOIN ksql_orders o WITHIN 1 DAY GRACE PERIOD 1 DAY ON p.`order_id` = o.`order_id`
WHERE p.`user_id` = o.`user_id`
EMIT CHANGES;
