-- The payments that the workers would accept. The rules are explained in 110-ksql-orders.sql.
CREATE STREAM ksql_payments
  WITH (KAFKA_TOPIC='ksql_payments', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', TIMESTAMP='`event_time`', RETENTION_MS=-1) AS
SELECT
  EXTRACTJSONFIELD(json, '$.user_id') AS user_key,
  EXTRACTJSONFIELD(json, '$.payment_id') AS `payment_id`,
  EXTRACTJSONFIELD(json, '$.order_id') AS `order_id`,
  CAST(EXTRACTJSONFIELD(json, '$.user_id') AS BIGINT) AS `user_id`,
  EXTRACTJSONFIELD(json, '$.status') AS `status`,
  CAST(EXTRACTJSONFIELD(json, '$.amount') AS DECIMAL(16, 2)) AS `amount`,
  EXTRACTJSONFIELD(json, '$.payment_method') AS `payment_method`,
  EXTRACTJSONFIELD(json, '$.timestamp') AS `timestamp`,
  PARSE_TIMESTAMP(EXTRACTJSONFIELD(json, '$.timestamp'),
    '[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]') AS `event_time`
FROM payments_raw
WHERE ARRAY_LENGTH(JSON_ITEMS('[' + json + ']')) = 1    -- one JSON value and nothing after it
  AND INSTR(json, '�') = 0                              -- was UTF-8 (what was not is read as this sign)
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"user_id":"' + EXTRACTJSONFIELD(json, '$.user_id') + '"') = 0    -- a number, not text with digits (no such field: NULL, not kept)
  AND INSTR(JSON_ITEMS('[' + json + ']')[1], '"amount":"' + EXTRACTJSONFIELD(json, '$.amount') + '"') = 0
  AND REGEXP_EXTRACT('"order_id"\s*:\s*"', json) IS NOT NULL    -- text, not a number
  AND REGEXP_EXTRACT('"payment_id"\s*:\s*"', json) IS NOT NULL    -- text, not a number
  AND CAST(EXTRACTJSONFIELD(json, '$.user_id') AS BIGINT) >= 1    -- '1.5' and 'abc' cannot be cast: NULL, so not kept
  AND EXTRACTJSONFIELD(json, '$.status') IN ('SUCCESS', 'FAILED')    -- case counts
  AND EXTRACTJSONFIELD(json, '$.payment_method') IN ('Credit Card', 'Debit Card', 'PayPal', 'Crypto')
  AND REGEXP_EXTRACT('^[0-9]+(\.[0-9]{1,2}0*)?$', EXTRACTJSONFIELD(json, '$.amount')) IS NOT NULL    -- CAST would round 10.555 to 10.56
  AND CAST(EXTRACTJSONFIELD(json, '$.amount') AS DECIMAL(16, 2)) <= 90071992547409.91
  -- a real date: 30 February would be read as 28 February
  AND FORMAT_DATE(PARSE_DATE(SUBSTRING(EXTRACTJSONFIELD(json, '$.timestamp'), 1, 10), 'yyyy-MM-dd'), 'yyyy-MM-dd')
    = SUBSTRING(EXTRACTJSONFIELD(json, '$.timestamp'), 1, 10)
  AND PARSE_TIMESTAMP(EXTRACTJSONFIELD(json, '$.timestamp'),
    '[yyyy-MM-dd''T''HH:mm[:ss[.SSSSSSSSS][.SSSSSS][.SSS][.SS][.S]]XXX][yyyy-MM-dd HH:mm:ss]') > FROM_UNIXTIME(0)
PARTITION BY EXTRACTJSONFIELD(json, '$.user_id')
EMIT CHANGES;
