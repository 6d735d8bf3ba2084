-- More than 3 failed payments of one user within 10 minutes, exactly as the worker counts them, in whatever order they come. It
-- takes three statements: 230 to 232.
--
-- The obvious way is a hopping window, WINDOW HOPPING (SIZE 10 MINUTES, ADVANCE BY 10 SECONDS): it counts each failure in sixty
-- windows, and a failure that comes late changes windows that were answered already. So a table keeps, for each user, the 10-second
-- steps of the newest 200 failures (with more than 200 in 10 minutes the count stays 200).
CREATE TABLE ksql_failure_steps
  WITH (KAFKA_TOPIC='ksql_failure_steps', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON') AS
SELECT
  user_key,
  CAST(user_key AS BIGINT) AS `user_id`,
  LATEST_BY_OFFSET(ROWTIME / 10000, 200) AS `steps`,
  LATEST_BY_OFFSET(ROWTIME / 10000) AS `step`,
  MAX(ROWTIME / 10000) AS `newest_step`,
  MAX(ROWTIME) AS `last_failed`
FROM ksql_failed_payments
GROUP BY user_key
EMIT CHANGES;
