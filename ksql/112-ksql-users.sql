-- The users' events that the workers would accept. product_id may be null or absent. The rules are explained in
-- 110-ksql-orders.sql.
--
-- CASE casts a product_id only where there is one: to cast the 'null' of the others gives NULL too, but each time a line of ERROR in
-- the server's log.
CREATE STREAM ksql_users
  WITH (KAFKA_TOPIC='ksql_users', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', TIMESTAMP='`event_time`', RETENTION_MS=-1) AS
SELECT
  EXTRACTJSONFIELD(json, '$.user_id') AS user_key,
  CAST(EXTRACTJSONFIELD(json, '$.user_id') AS BIGINT) AS `user_id`,
  EXTRACTJSONFIELD(json, '$.name') AS `name`,
  EXTRACTJSONFIELD(json, '$.event_type') AS `event_type`,
  CASE WHEN REGEXP_EXTRACT('^-?[0-9]+$', EXTRACTJSONFIELD(json, '$.product_id')) IS NOT NULL
    THEN CAST(EXTRACTJSONFIELD(json, '$.product_id') AS BIGINT)
  END AS `product_id`,
  EXTRACTJSONFIELD(json, '$.timestamp') AS `timestamp`,
  PARSE_TIMESTAMP(EXTRACTJSONFIELD(json, '$.timestamp'),
    '[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]') AS `event_time`
FROM users_raw
WHERE ARRAY_LENGTH(JSON_ITEMS('[' + json + ']')) = 1    -- one JSON value and nothing after it
  AND INSTR(json, '�') = 0                              -- was UTF-8 (what was not is read as this sign)
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"user_id":"' + EXTRACTJSONFIELD(json, '$.user_id') + '"') = 0    -- a number, not text with digits (no such field: NULL, not kept)
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"product_id":"' + COALESCE(EXTRACTJSONFIELD(json, '$.product_id'), '') + '"') = 0
  AND REGEXP_EXTRACT('"name"\s*:\s*"', json) IS NOT NULL    -- text, not a number
  AND CAST(EXTRACTJSONFIELD(json, '$.user_id') AS BIGINT) >= 1    -- '1.5' and 'abc' cannot be cast: NULL, so not kept
  AND EXTRACTJSONFIELD(json, '$.event_type') IN ('signup', 'login', 'view_product', 'add_to_cart', 'purchase')
  AND (COALESCE(EXTRACTJSONFIELD(json, '$.product_id'), 'null') = 'null' OR CAST(EXTRACTJSONFIELD(json, '$.product_id') AS BIGINT) >= 0)
  -- a real date: 30 February would be read as 28 February
  AND FORMAT_DATE(PARSE_DATE(SUBSTRING(EXTRACTJSONFIELD(json, '$.timestamp'), 1, 10), 'yyyy-MM-dd'), 'yyyy-MM-dd')
    = SUBSTRING(EXTRACTJSONFIELD(json, '$.timestamp'), 1, 10)
  AND PARSE_TIMESTAMP(EXTRACTJSONFIELD(json, '$.timestamp'),
    '[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]') > FROM_UNIXTIME(0)
PARTITION BY EXTRACTJSONFIELD(json, '$.user_id')
EMIT CHANGES;
