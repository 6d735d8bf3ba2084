-- The table's changes, read as a stream: each is one failure, and with it the steps of those before.
-- It describes the topic that 230 writes; a stream cannot be made FROM a table.
CREATE STREAM failure_steps (
  user_key VARCHAR KEY,
  `user_id` BIGINT,
  `steps` ARRAY<BIGINT>,
  `step` BIGINT,
  `newest_step` BIGINT,
  `last_failed` BIGINT
) WITH (
  KAFKA_TOPIC='ksql_failure_steps',
  KEY_FORMAT='KAFKA',
  VALUE_FORMAT='JSON'
);
