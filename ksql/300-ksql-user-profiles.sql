-- The newest profile of each user. LATEST_BY_OFFSET takes the newest by arrival, and leaves NULLs out.
CREATE TABLE ksql_user_profiles
  WITH (KAFKA_TOPIC='ksql_user_profiles', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON') AS
SELECT
  user_key,
  CAST(user_key AS BIGINT) AS `user_id`,
  LATEST_BY_OFFSET(`name`) AS `name`,
  LATEST_BY_OFFSET(`event_type`) AS `last_event_type`,
  LATEST_BY_OFFSET(`timestamp`) AS `last_seen`
FROM ksql_users
GROUP BY user_key
EMIT CHANGES;
