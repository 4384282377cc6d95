-- segment vip of customer: 38617b5660eb
-- segment lost of customer: d4c5f2de848b
-- segment top of customer: 0c3b0a9a66d0
-- segment left_cart of customer: 3f1cc0f70769
-- segment teenager of customer: cf7047042bc1
-- trait usual of customer: f13591c6aed4
-- trait gap of customer: 379a7fdfbb26
-- segment fair of customer: 0d3635e5806c
-- the types of the columns were not looked at: a time with a zone is seen on the clocks of the session's zone, which has to be Europe/Berlin
WITH "order_events" AS (
  SELECT
    "t"."customer_id" COLLATE BINARY AS "key",
    CASE TYPEOF("t"."ordered_at")
      WHEN 'null'
      THEN NULL
      WHEN 'text'
      THEN CASE
        WHEN DATE(SUBSTRING("t"."ordered_at", 1, 10), '0 days') = SUBSTRING("t"."ordered_at", 1, 10)
        AND SUBSTRING("t"."ordered_at", 1, 10) GLOB '[0-9]*-*-*'
        AND (
          LENGTH("t"."ordered_at") = 10
          OR SUBSTRING("t"."ordered_at", 12, 2) < '24'
          AND (
            SUBSTRING("t"."ordered_at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."ordered_at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."ordered_at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9]*'
            AND NOT SUBSTRING("t"."ordered_at", 21) GLOB '*[^0-9]*'
          )
        )
        THEN CAST(STRFTIME('%s', SUBSTRING("t"."ordered_at", 1, 10)) AS INTEGER) * 1000000 + (
          SUBSTRING("t"."ordered_at", 12, 2) * 3600 + SUBSTRING("t"."ordered_at", 15, 2) * 60 + SUBSTRING("t"."ordered_at", 18, 2)
        ) * 1000000 + CAST(SUBSTRING(SUBSTRING("t"."ordered_at", 21) || '000000', 1, 6) AS INTEGER)
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."ordered_at") >= 0
        ))
      END
      ELSE ABS(-9223372036854775807 - (
        LENGTH("t"."ordered_at") >= 0
      ))
    END AS "at",
    CASE TYPEOF("t"."amount")
      WHEN 'null'
      THEN NULL
      WHEN 'integer'
      THEN CASE
        WHEN ABS("t"."amount") <= 922337202
        THEN "t"."amount" * 10000000000
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."amount") >= 0
        ))
      END
      WHEN 'real'
      THEN CASE
        WHEN ABS("t"."amount") <= 922337202
        THEN CAST(ROUND("t"."amount" * 1e10) AS INTEGER)
        WHEN ABS("t"."amount") < 9e999
        THEN ABS(-9223372036854775807 - (
          LENGTH("t"."amount") >= 0
        ))
      END
      WHEN 'text'
      THEN CASE
        WHEN LENGTH(LTRIM(TRIM("t"."amount", ' '), '+-')) >= LENGTH(TRIM("t"."amount", ' ')) - 1
        AND LTRIM(TRIM("t"."amount", ' '), '+-') <> ''
        AND LTRIM(TRIM("t"."amount", ' '), '+-') <> '.'
        AND NOT LTRIM(TRIM("t"."amount", ' '), '+-') GLOB '*[^0-9.]*'
        AND NOT LTRIM(TRIM("t"."amount", ' '), '+-') GLOB '*.*.*'
        AND LENGTH(
          SUBSTRING(
            LTRIM(TRIM("t"."amount", ' '), '+-'),
            INSTR(LTRIM(TRIM("t"."amount", ' '), '+-') || '.', '.') + 1
          )
        ) <= 10
        AND CAST(LTRIM(TRIM("t"."amount", ' '), '+-') AS REAL) <= 922337202
        THEN CASE WHEN TRIM("t"."amount", ' ') GLOB '-*' THEN -1 ELSE 1 END * (
          CAST(LTRIM(TRIM("t"."amount", ' '), '+-') AS INTEGER) * 10000000000 + CAST(SUBSTRING(
            SUBSTRING(
              LTRIM(TRIM("t"."amount", ' '), '+-'),
              INSTR(LTRIM(TRIM("t"."amount", ' '), '+-') || '.', '.') + 1
            ) || '0000000000',
            1,
            10
          ) AS INTEGER)
        )
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."amount") >= 0
        ))
      END
      ELSE ABS(-9223372036854775807 - (
        LENGTH("t"."amount") >= 0
      ))
    END AS "amount"
  FROM "shop"."orders" AS "t"
  WHERE
    NOT (
      "t"."customer_id" COLLATE BINARY
    ) IS NULL
    AND CASE TYPEOF("t"."ordered_at")
      WHEN 'null'
      THEN NULL
      WHEN 'text'
      THEN CASE
        WHEN DATE(SUBSTRING("t"."ordered_at", 1, 10), '0 days') = SUBSTRING("t"."ordered_at", 1, 10)
        AND SUBSTRING("t"."ordered_at", 1, 10) GLOB '[0-9]*-*-*'
        AND (
          LENGTH("t"."ordered_at") = 10
          OR SUBSTRING("t"."ordered_at", 12, 2) < '24'
          AND (
            SUBSTRING("t"."ordered_at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."ordered_at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."ordered_at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9]*'
            AND NOT SUBSTRING("t"."ordered_at", 21) GLOB '*[^0-9]*'
          )
        )
        THEN CAST(STRFTIME('%s', SUBSTRING("t"."ordered_at", 1, 10)) AS INTEGER) * 1000000 + (
          SUBSTRING("t"."ordered_at", 12, 2) * 3600 + SUBSTRING("t"."ordered_at", 15, 2) * 60 + SUBSTRING("t"."ordered_at", 18, 2)
        ) * 1000000 + CAST(SUBSTRING(SUBSTRING("t"."ordered_at", 21) || '000000', 1, 6) AS INTEGER)
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."ordered_at") >= 0
        ))
      END
      ELSE ABS(-9223372036854775807 - (
        LENGTH("t"."ordered_at") >= 0
      ))
    END <= CAST(STRFTIME('%s', SUBSTRING('2026-03-31 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-31 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
), "cart_add_events" AS (
  SELECT
    "t"."customer_id" COLLATE BINARY AS "key",
    CASE TYPEOF("t"."at")
      WHEN 'null'
      THEN NULL
      WHEN 'text'
      THEN CASE
        WHEN DATE(SUBSTRING("t"."at", 1, 10), '0 days') = SUBSTRING("t"."at", 1, 10)
        AND SUBSTRING("t"."at", 1, 10) GLOB '[0-9]*-*-*'
        AND (
          LENGTH("t"."at") = 10
          OR SUBSTRING("t"."at", 12, 2) < '24'
          AND (
            SUBSTRING("t"."at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9]*'
            AND NOT SUBSTRING("t"."at", 21) GLOB '*[^0-9]*'
          )
        )
        THEN CAST(STRFTIME('%s', SUBSTRING("t"."at", 1, 10)) AS INTEGER) * 1000000 + (
          SUBSTRING("t"."at", 12, 2) * 3600 + SUBSTRING("t"."at", 15, 2) * 60 + SUBSTRING("t"."at", 18, 2)
        ) * 1000000 + CAST(SUBSTRING(SUBSTRING("t"."at", 21) || '000000', 1, 6) AS INTEGER)
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."at") >= 0
        ))
      END
      ELSE ABS(-9223372036854775807 - (
        LENGTH("t"."at") >= 0
      ))
    END AS "at"
  FROM "cart_adds" AS "t"
  WHERE
    NOT (
      "t"."customer_id" COLLATE BINARY
    ) IS NULL
    AND CASE TYPEOF("t"."at")
      WHEN 'null'
      THEN NULL
      WHEN 'text'
      THEN CASE
        WHEN DATE(SUBSTRING("t"."at", 1, 10), '0 days') = SUBSTRING("t"."at", 1, 10)
        AND SUBSTRING("t"."at", 1, 10) GLOB '[0-9]*-*-*'
        AND (
          LENGTH("t"."at") = 10
          OR SUBSTRING("t"."at", 12, 2) < '24'
          AND (
            SUBSTRING("t"."at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."at", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9]*'
            AND NOT SUBSTRING("t"."at", 21) GLOB '*[^0-9]*'
          )
        )
        THEN CAST(STRFTIME('%s', SUBSTRING("t"."at", 1, 10)) AS INTEGER) * 1000000 + (
          SUBSTRING("t"."at", 12, 2) * 3600 + SUBSTRING("t"."at", 15, 2) * 60 + SUBSTRING("t"."at", 18, 2)
        ) * 1000000 + CAST(SUBSTRING(SUBSTRING("t"."at", 21) || '000000', 1, 6) AS INTEGER)
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."at") >= 0
        ))
      END
      ELSE ABS(-9223372036854775807 - (
        LENGTH("t"."at") >= 0
      ))
    END <= CAST(STRFTIME('%s', SUBSTRING('2026-03-31 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-31 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
), "customer_population" AS (
  SELECT
    "t"."customer_id" COLLATE BINARY AS "key",
    CAST("t"."country" AS TEXT) COLLATE BINARY AS "country",
    CASE TYPEOF("t"."birth_date")
      WHEN 'null'
      THEN NULL
      WHEN 'text'
      THEN CASE
        WHEN DATE(SUBSTRING("t"."birth_date", 1, 10), '0 days') = SUBSTRING("t"."birth_date", 1, 10)
        AND SUBSTRING("t"."birth_date", 1, 10) GLOB '[0-9]*-*-*'
        AND (
          LENGTH("t"."birth_date") = 10
          OR SUBSTRING("t"."birth_date", 12, 2) < '24'
          AND (
            SUBSTRING("t"."birth_date", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."birth_date", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."birth_date", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9]*'
            AND NOT SUBSTRING("t"."birth_date", 21) GLOB '*[^0-9]*'
          )
        )
        THEN CAST(STRFTIME('%s', SUBSTRING("t"."birth_date", 1, 10)) AS INTEGER) * 1000000
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."birth_date") >= 0
        ))
      END
      ELSE ABS(-9223372036854775807 - (
        LENGTH("t"."birth_date") >= 0
      ))
    END AS "birth_date",
    CASE TYPEOF("t"."signup")
      WHEN 'null'
      THEN NULL
      WHEN 'text'
      THEN CASE
        WHEN DATE(SUBSTRING("t"."signup", 1, 10), '0 days') = SUBSTRING("t"."signup", 1, 10)
        AND SUBSTRING("t"."signup", 1, 10) GLOB '[0-9]*-*-*'
        AND (
          LENGTH("t"."signup") = 10
          OR SUBSTRING("t"."signup", 12, 2) < '24'
          AND (
            SUBSTRING("t"."signup", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."signup", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]'
            OR SUBSTRING("t"."signup", 11) GLOB '[ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9]*'
            AND NOT SUBSTRING("t"."signup", 21) GLOB '*[^0-9]*'
          )
        )
        THEN CAST(STRFTIME('%s', SUBSTRING("t"."signup", 1, 10)) AS INTEGER) * 1000000 + (
          SUBSTRING("t"."signup", 12, 2) * 3600 + SUBSTRING("t"."signup", 15, 2) * 60 + SUBSTRING("t"."signup", 18, 2)
        ) * 1000000 + CAST(SUBSTRING(SUBSTRING("t"."signup", 21) || '000000', 1, 6) AS INTEGER)
        ELSE ABS(-9223372036854775807 - (
          LENGTH("t"."signup") >= 0
        ))
      END
      ELSE ABS(-9223372036854775807 - (
        LENGTH("t"."signup") >= 0
      ))
    END AS "signup"
  FROM "customers" AS "t"
  WHERE
    NOT (
      "t"."customer_id" COLLATE BINARY
    ) IS NULL
), "order_totals" AS (
  SELECT
    "e"."key" AS "key",
    CAST(SUM(
      CASE
        WHEN "e"."at" > (
          CAST(STRFTIME('%s', SUBSTRING('2025-03-31 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2025-03-31 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
        )
        THEN "e"."amount"
      END
    ) AS INTEGER) AS "order_sum_amount",
    MAX("e"."at") AS "order_max_at",
    MIN("e"."at") AS "order_min_at",
    CAST(SUM("e"."amount") AS INTEGER) AS "order_sum_amount_2",
    COUNT(*) AS "order_count",
    CAST(SUM(
      CASE
        WHEN "e"."at" > (
          CAST(STRFTIME('%s', SUBSTRING('2026-01-30 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-01-30 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
        )
        THEN "e"."amount"
      END
    ) AS INTEGER) AS "order_sum_amount_3",
    COUNT(
      CASE
        WHEN "e"."at" > (
          CAST(STRFTIME('%s', SUBSTRING('2026-01-30 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-01-30 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
        )
        THEN "e"."amount"
      END
    ) AS "order_count_amount",
    COUNT(
      CASE
        WHEN "e"."at" > (
          CAST(STRFTIME('%s', SUBSTRING('2026-03-01 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-01 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
        )
        THEN 1
      END
    ) AS "order_count_2"
  FROM "order_events" AS "e"
  GROUP BY
    "e"."key"
), "cart_add_step" AS (
  SELECT
    "e"."key" AS "key",
    "e"."at" AS "at"
  FROM "cart_add_events" AS "e"
  WHERE
    "e"."at" <= CAST(STRFTIME('%s', SUBSTRING('2026-03-31 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-31 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
    AND "e"."at" > CAST(STRFTIME('%s', SUBSTRING('2026-03-24 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-24 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
), "no_order_step" AS (
  SELECT
    "w"."key" AS "key",
    "w"."at" AS "at"
  FROM (
    SELECT
      "u"."key" AS "key",
      "u"."at" AS "at",
      "u"."kind" AS "kind",
      MIN(CASE WHEN "u"."kind" = 1 THEN "u"."at" END) OVER (
        PARTITION BY "u"."key"
        ORDER BY "u"."at" DESC, "u"."kind" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS "n_at"
    FROM (
      SELECT
        "p"."key" AS "key",
        "p"."at" AS "at",
        0 AS "kind"
      FROM "cart_add_step" AS "p"
      UNION ALL
      SELECT
        "n"."key" AS "key",
        "n"."at" AS "at",
        1 AS "kind"
      FROM (
        SELECT
          "e"."key" AS "key",
          "e"."at" AS "at"
        FROM "order_events" AS "e"
        WHERE
          "e"."at" <= CAST(STRFTIME('%s', SUBSTRING('2026-03-31 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-31 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
      ) AS "n"
    ) AS "u"
  ) AS "w"
  WHERE
    "w"."kind" = 0
    AND (
      (
        "w"."n_at" IS NULL
        OR "w"."n_at" > (
          (
            "w"."at"
          ) + (
            86400000000
          )
        )
      )
      AND (
        (
          "w"."at"
        ) + (
          86400000000
        )
      ) <= CAST(STRFTIME('%s', SUBSTRING('2026-03-31 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-31 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
    )
), "customer_sequence" AS (
  SELECT DISTINCT
    "p"."key"
  FROM "no_order_step" AS "p"
), "order_by_value" AS (
  SELECT
    "n"."key" AS "key",
    MAX(CASE WHEN "n"."nth" = (
      "n"."size" + 1
    ) / (
      2
    ) THEN "n"."value" END) AS "order_median_low_amount",
    MAX(CASE WHEN "n"."nth" = (
      "n"."size"
    ) / (
      2
    ) + 1 THEN "n"."value" END) AS "order_median_high_amount"
  FROM (
    SELECT
      "r"."key",
      "r"."value",
      ROW_NUMBER() OVER (PARTITION BY "r"."key" ORDER BY "r"."value" ASC NULLS LAST) AS "nth",
      COUNT(*) OVER (PARTITION BY "r"."key") AS "size"
    FROM (
      SELECT
        "e"."key" AS "key",
        "e"."at" AS "at",
        "e"."amount" AS "value"
      FROM "order_events" AS "e"
      WHERE
        NOT "e"."amount" IS NULL
    ) AS "r"
  ) AS "n"
  GROUP BY
    "n"."key"
), "customer_stage_1" AS (
  SELECT
    "p"."key" AS "key",
    "p"."country" AS "country",
    COALESCE("r1"."order_sum_amount_2", 0) AS "order_sum_amount_2",
    COALESCE(
      COALESCE("r1"."order_sum_amount", 0) >= 5000000000000
      AND NOT COALESCE("p"."country" = 'DE''s', FALSE),
      FALSE
    ) AS "vip",
    COALESCE(
      "r1"."order_max_at" <= (
        CAST(STRFTIME('%s', SUBSTRING('2025-09-30 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2025-09-30 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
      )
      AND (
        (
          (
            (
              (
                "r1"."order_min_at"
              ) + 259200000000
            ) % 604800000000 + 604800000000
          ) % 604800000000
        ) / 86400000000 + 1
      ) <= 5,
      FALSE
    ) AS "lost",
    NOT "r2"."key" IS NULL AS "left_cart",
    COALESCE(
      (
        "p"."birth_date" <= (
          CAST(STRFTIME('%s', '2013-03-31') AS INTEGER) * 1000000
        )
        AND "p"."birth_date" > (
          CAST(STRFTIME('%s', '2006-03-31') AS INTEGER) * 1000000
        )
      )
      AND (
        (
          (
            CAST(STRFTIME('%s', SUBSTRING('2026-03-31 00:00:00', 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTRING(SUBSTRING('2026-03-31 00:00:00', 21) || '000000', 1, 6) AS INTEGER)
          )
        ) - (
          "p"."signup"
        )
      ) > 129600000000,
      FALSE
    ) AS "teenager",
    (
      SELECT
        CASE WHEN given.a < 0 THEN -1 ELSE 1 END * (
          (
            ABS(given.a) + given.b / 2
          ) / given.b
        )
      FROM (
        SELECT
          (
            SELECT
              CASE
                WHEN given.a IS NULL OR given.b IS NULL OR given.b = 0
                THEN NULL
                WHEN TYPEOF(given.a) = 'real'
                OR TYPEOF(given.b) = 'real'
                OR ABS(given.b) > 900000000000000000
                OR ABS(given.a / given.b) > 922337202
                THEN ABS(-9223372036854775807 - (
                  LENGTH(given.a) >= 0
                ))
                ELSE CASE WHEN (
                  given.a < 0
                ) = (
                  given.b < 0
                ) THEN 1 ELSE -1 END * (
                  ABS(given.a / given.b) * 10000000000 + CASE
                    WHEN ABS(given.b) <= 400000000
                    THEN (
                      2 * ABS(given.a % given.b) * 10000000000 + ABS(given.b)
                    ) / (
                      2 * ABS(given.b)
                    )
                    ELSE (
                      WITH RECURSIVE digit(i, q, r) AS (
                        SELECT
                          0,
                          0,
                          ABS(given.a % given.b)
                        UNION ALL
                        SELECT
                          i + 1,
                          q * 10 + r * 10 / ABS(given.b),
                          r * 10 % ABS(given.b)
                        FROM digit
                        WHERE
                          i < 10
                      )
                      SELECT
                        q + (
                          2 * r >= ABS(given.b)
                        )
                      FROM digit
                      WHERE
                        i = 10
                    )
                  END
                )
              END
            FROM (
              SELECT
                (
                  (
                    SELECT
                      CASE
                        WHEN TYPEOF(given.a) = 'real'
                        THEN ABS(-9223372036854775807 - (
                          LENGTH(given.a) >= 0
                        ))
                        ELSE (
                          given.a + CASE WHEN given.a < 0 THEN -1 ELSE 1 END * ABS(given.a % 2)
                        ) / 2
                      END
                    FROM (
                      SELECT
                        "r3"."order_median_low_amount" + "r3"."order_median_high_amount" AS a
                    ) AS given
                  )
                ) AS a,
                (
                  (
                    SELECT
                      CASE
                        WHEN TYPEOF(given.a) = 'real'
                        THEN ABS(-9223372036854775807 - (
                          LENGTH(given.a) >= 0
                        ))
                        ELSE given.a
                      END
                    FROM (
                      SELECT
                        COALESCE("r1"."order_count", 0) * 10000000000 AS a
                    ) AS given
                  )
                ) AS b
            ) AS given
          ) AS a,
          CAST(POWER(10, MAX(0, 10 - 2)) AS INTEGER) AS b
      ) AS given
    ) * CAST(POWER(10, MAX(0, 10 - 2)) AS INTEGER) AS "usual",
    (
      2 * (
        (
          "r1"."order_max_at"
        ) - (
          "r1"."order_min_at"
        )
      ) + (
        SELECT
          CASE
            WHEN TYPEOF(given.a) = 'real'
            THEN ABS(-9223372036854775807 - (
              LENGTH(given.a) >= 0
            ))
            ELSE given.a
          END
        FROM (
          SELECT
            COALESCE("r1"."order_count", 0) - 1 AS a
        ) AS given
      )
    ) / NULLIF(
      2 * (
        SELECT
          CASE
            WHEN TYPEOF(given.a) = 'real'
            THEN ABS(-9223372036854775807 - (
              LENGTH(given.a) >= 0
            ))
            ELSE given.a
          END
        FROM (
          SELECT
            COALESCE("r1"."order_count", 0) - 1 AS a
        ) AS given
      ),
      0
    ) AS "gap",
    COALESCE(
      (
        SELECT
          CASE
            WHEN given.a IS NULL OR given.b IS NULL OR given.b = 0
            THEN NULL
            WHEN TYPEOF(given.a) = 'real'
            OR TYPEOF(given.b) = 'real'
            OR ABS(given.b) > 900000000000000000
            OR ABS(given.a / given.b) > 922337202
            THEN ABS(-9223372036854775807 - (
              LENGTH(given.a) >= 0
            ))
            ELSE CASE WHEN (
              given.a < 0
            ) = (
              given.b < 0
            ) THEN 1 ELSE -1 END * (
              ABS(given.a / given.b) * 10000000000 + CASE
                WHEN ABS(given.b) <= 400000000
                THEN (
                  2 * ABS(given.a % given.b) * 10000000000 + ABS(given.b)
                ) / (
                  2 * ABS(given.b)
                )
                ELSE (
                  WITH RECURSIVE digit(i, q, r) AS (
                    SELECT
                      0,
                      0,
                      ABS(given.a % given.b)
                    UNION ALL
                    SELECT
                      i + 1,
                      q * 10 + r * 10 / ABS(given.b),
                      r * 10 % ABS(given.b)
                    FROM digit
                    WHERE
                      i < 10
                  )
                  SELECT
                    q + (
                      2 * r >= ABS(given.b)
                    )
                  FROM digit
                  WHERE
                    i = 10
                )
              END
            )
          END
        FROM (
          SELECT
            (
              COALESCE("r1"."order_sum_amount_3", 0)
            ) AS a,
            (
              (
                SELECT
                  CASE
                    WHEN TYPEOF(given.a) = 'real'
                    THEN ABS(-9223372036854775807 - (
                      LENGTH(given.a) >= 0
                    ))
                    ELSE given.a
                  END
                FROM (
                  SELECT
                    COALESCE("r1"."order_count_amount", 0) * 10000000000 AS a
                ) AS given
              )
            ) AS b
        ) AS given
      ) >= 200000000000
      AND (
        SELECT
          CASE
            WHEN given.a IS NULL OR given.b IS NULL OR given.b = 0
            THEN NULL
            WHEN TYPEOF(given.a) = 'real'
            OR TYPEOF(given.b) = 'real'
            OR ABS(given.b) > 900000000000000000
            OR ABS(given.a / given.b) > 922337202
            THEN ABS(-9223372036854775807 - (
              LENGTH(given.a) >= 0
            ))
            ELSE CASE WHEN (
              given.a < 0
            ) = (
              given.b < 0
            ) THEN 1 ELSE -1 END * (
              ABS(given.a / given.b) * 10000000000 + CASE
                WHEN ABS(given.b) <= 400000000
                THEN (
                  2 * ABS(given.a % given.b) * 10000000000 + ABS(given.b)
                ) / (
                  2 * ABS(given.b)
                )
                ELSE (
                  WITH RECURSIVE digit(i, q, r) AS (
                    SELECT
                      0,
                      0,
                      ABS(given.a % given.b)
                    UNION ALL
                    SELECT
                      i + 1,
                      q * 10 + r * 10 / ABS(given.b),
                      r * 10 % ABS(given.b)
                    FROM digit
                    WHERE
                      i < 10
                  )
                  SELECT
                    q + (
                      2 * r >= ABS(given.b)
                    )
                  FROM digit
                  WHERE
                    i = 10
                )
              END
            )
          END
        FROM (
          SELECT
            (
              COALESCE("r1"."order_count_2", 0)
            ) AS a,
            (
              COALESCE("r1"."order_count", 0)
            ) AS b
        ) AS given
      ) < 5000000000,
      FALSE
    ) AS "fair"
  FROM "customer_population" AS "p"
  LEFT JOIN "order_totals" AS "r1"
    ON "r1"."key" = "p"."key"
  LEFT JOIN "customer_sequence" AS "r2"
    ON "r2"."key" = "p"."key"
  LEFT JOIN "order_by_value" AS "r3"
    ON "r3"."key" = "p"."key"
), "customer_scores" AS (
  SELECT
    "r"."key" AS "key",
    "r"."below" * 100 >= "r"."size" * 90 AS "total_spend_reaches"
  FROM (
    SELECT
      "s"."key" AS "key",
      RANK() OVER (PARTITION BY "s"."per_1" ORDER BY "s"."value" ASC NULLS LAST) - 1 AS "below",
      COUNT(*) OVER (PARTITION BY "s"."per_1") AS "size"
    FROM (
      SELECT
        "c"."key" AS "key",
        "c"."order_sum_amount_2" AS "value",
        "c"."country" AS "per_1"
      FROM "customer_stage_1" AS "c"
    ) AS "s"
    WHERE
      NOT "s"."value" IS NULL
  ) AS "r"
), "customer_stage_2" AS (
  SELECT
    "p"."key" AS "key",
    "p"."vip" AS "vip",
    "p"."lost" AS "lost",
    "p"."left_cart" AS "left_cart",
    "p"."teenager" AS "teenager",
    "p"."usual" AS "usual",
    "p"."gap" AS "gap",
    "p"."fair" AS "fair",
    COALESCE("r1"."total_spend_reaches", FALSE) AS "top"
  FROM "customer_stage_1" AS "p"
  LEFT JOIN "customer_scores" AS "r1"
    ON "r1"."key" = "p"."key"
)
SELECT
  "c"."key" AS "customer_id",
  "c"."vip" AS "vip",
  "c"."lost" AS "lost",
  "c"."top" AS "top",
  "c"."left_cart" AS "left_cart",
  "c"."teenager" AS "teenager",
  CAST("c"."usual" AS REAL) / 10000000000.0 AS "usual",
  "c"."gap" AS "gap",
  "c"."fair" AS "fair"
FROM "customer_stage_2" AS "c";
