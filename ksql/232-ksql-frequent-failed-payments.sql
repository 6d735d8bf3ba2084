-- FILTER keeps the steps of the last 60, which is 10 minutes; a failure older than that is late and makes no event.
CREATE STREAM ksql_frequent_failed_payments
  WITH (KAFKA_TOPIC='ksql_frequent_failed_payments', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', RETENTION_MS=-1) AS
SELECT
  user_key,
  `user_id`,
  ARRAY_LENGTH(FILTER(`steps`, s => s > `newest_step` - 60)) AS `failed_payment_count`,
  FORMAT_TIMESTAMP(FROM_UNIXTIME(`last_failed`), 'yyyy-MM-dd''T''HH:mm:ss.SSSX', 'UTC') AS `last_failed_timestamp`
FROM failure_steps
WHERE `step` > `newest_step` - 60
  AND ARRAY_LENGTH(FILTER(`steps`, s => s > `newest_step` - 60)) > 3
EMIT CHANGES;
