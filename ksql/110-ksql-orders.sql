-- The orders that the workers would accept, typed, with their total, keyed by their user and dated by their own time. Everything
-- after this reads ksql_orders, so the rules stand in one place.
--
-- CREATE STREAM … AS starts a query that runs for ever: it reads what is there, then each record that comes, and writes a topic of
-- its own. Names that begin with ksql_ are such topics; payflow's workers never write them.
--
-- - A name in backquotes stays lower-case, also in the JSON that is written, and must then always be quoted.
-- - PARTITION BY gives each record its user's key, in decimal text as the topic `orders` has it: wrong and missing keys are healed.
--   The key, user_key, is not part of the JSON value.
-- - A function that fails gives NULL, and a WHERE that is NULL keeps nothing. So each line below says what must be true.
-- - RETENTION_MS=-1: the records carry event time, and Kafka would delete those that are older than 7 days by it.
-- - f(x) BETWEEN a AND b is refused when f is a function ("Cannot get name for `F` 1 times"): write >= and <=.
CREATE STREAM ksql_orders
  WITH (KAFKA_TOPIC='ksql_orders', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', TIMESTAMP='`event_time`', RETENTION_MS=-1) AS
SELECT
  EXTRACTJSONFIELD(json, '$.user_id') AS user_key,
  EXTRACTJSONFIELD(json, '$.order_id') AS `order_id`,
  CAST(EXTRACTJSONFIELD(json, '$.user_id') AS BIGINT) AS `user_id`,
  CAST(EXTRACTJSONFIELD(json, '$.product_id') AS BIGINT) AS `product_id`,
  CAST(EXTRACTJSONFIELD(json, '$.quantity') AS BIGINT) AS `quantity`,
  CAST(EXTRACTJSONFIELD(json, '$.price') AS DECIMAL(16, 2)) AS `price`,
  CAST(EXTRACTJSONFIELD(json, '$.price') AS DECIMAL(16, 2)) * CAST(EXTRACTJSONFIELD(json, '$.quantity') AS BIGINT) AS `total`,
  EXTRACTJSONFIELD(json, '$.timestamp') AS `timestamp`,
  PARSE_TIMESTAMP(EXTRACTJSONFIELD(json, '$.timestamp'),
    '[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]') AS `event_time`
FROM orders_raw
WHERE ARRAY_LENGTH(JSON_ITEMS('[' + json + ']')) = 1    -- one JSON value and nothing after it
  AND INSTR(json, '�') = 0                              -- was UTF-8 (what was not is read as this sign)
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"user_id":"' + EXTRACTJSONFIELD(json, '$.user_id') + '"') = 0    -- a number, not text with digits (no such field: NULL, not kept)
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"product_id":"' + EXTRACTJSONFIELD(json, '$.product_id') + '"') = 0
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"quantity":"' + EXTRACTJSONFIELD(json, '$.quantity') + '"') = 0
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"price":"' + EXTRACTJSONFIELD(json, '$.price') + '"') = 0
  AND REGEXP_EXTRACT('"order_id"\s*:\s*"', json) IS NOT NULL    -- text, not a number
  AND CAST(EXTRACTJSONFIELD(json, '$.user_id') AS BIGINT) >= 1    -- '1.5' and 'abc' cannot be cast: NULL, so not kept
  AND CAST(EXTRACTJSONFIELD(json, '$.product_id') AS BIGINT) >= 0
  AND CAST(EXTRACTJSONFIELD(json, '$.quantity') AS BIGINT) >= 1
  AND REGEXP_EXTRACT('^[0-9]+(\.[0-9]{1,2}0*)?$', EXTRACTJSONFIELD(json, '$.price')) IS NOT NULL    -- CAST would round 10.555 to 10.56
  AND CAST(EXTRACTJSONFIELD(json, '$.price') AS DECIMAL(16, 2)) <= 90071992547409.91
  -- a real date: 30 February would be read as 28 February
  AND FORMAT_DATE(PARSE_DATE(SUBSTRING(EXTRACTJSONFIELD(json, '$.timestamp'), 1, 10), 'yyyy-MM-dd'), 'yyyy-MM-dd')
    = SUBSTRING(EXTRACTJSONFIELD(json, '$.timestamp'), 1, 10)
  AND PARSE_TIMESTAMP(EXTRACTJSONFIELD(json, '$.timestamp'),
    '[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]') > FROM_UNIXTIME(0)
PARTITION BY EXTRACTJSONFIELD(json, '$.user_id')
EMIT CHANGES;
