-- segment vip of customer: 38617b5660eb
-- segment lost of customer: d4c5f2de848b
-- segment top of customer: 0c3b0a9a66d0
-- segment left_cart of customer: 3f1cc0f70769
-- segment teenager of customer: cf7047042bc1
-- segment german of customer: e84fe28be155
-- trait usual of customer: f13591c6aed4
-- trait gap of customer: 379a7fdfbb26
-- segment fair of customer: 0d3635e5806c
-- segmentation split of customer: 2d344433913f
-- run it in a session with TIMEZONE = UTC, QUOTED_IDENTIFIERS_IGNORE_CASE = false, TIMESTAMP_INPUT_FORMAT = AUTO, DATE_INPUT_FORMAT = AUTO, ROWS_PER_RESULTSET = 0
-- the types of the columns were not looked at: none may hold times with a zone, which would be seen on other clocks than those of Europe/Berlin; make a view that has the clocks, or compile with --engine
WITH "order_events" AS (
  SELECT
    "t"."CUSTOMER_ID" AS "key",
    CAST("t"."ORDERED_AT" AS TIMESTAMPNTZ(6)) AS "at",
    CAST("t"."AMOUNT" AS DECIMAL(38, 10)) AS "amount"
  FROM "SHOP"."ORDERS" AS "t"
  WHERE
    NOT "t"."CUSTOMER_ID" IS NULL
    AND CAST("t"."ORDERED_AT" AS TIMESTAMPNTZ(6)) <= CAST('2026-03-31 00:00:00' AS TIMESTAMPNTZ(6))
), "cart_add_events" AS (
  SELECT
    "t"."CUSTOMER_ID" AS "key",
    CAST("t"."AT" AS TIMESTAMPNTZ(6)) AS "at"
  FROM "CART_ADDS" AS "t"
  WHERE
    NOT "t"."CUSTOMER_ID" IS NULL
    AND CAST("t"."AT" AS TIMESTAMPNTZ(6)) <= CAST('2026-03-31 00:00:00' AS TIMESTAMPNTZ(6))
), "customer_population" AS (
  SELECT
    "t"."CUSTOMER_ID" AS "key",
    CAST("t"."COUNTRY" AS VARCHAR) AS "country",
    CAST("t"."BIRTH_DATE" AS DATE) AS "birth_date",
    CAST("t"."SIGNUP" AS TIMESTAMPNTZ(6)) AS "signup",
    CAST("t"."CUSTOMER_ID" AS VARCHAR) AS "key_text"
  FROM "CUSTOMERS" AS "t"
  WHERE
    NOT "t"."CUSTOMER_ID" IS NULL
), "order_totals" AS (
  SELECT
    "e"."key" AS "key",
    CAST(SUM(
      CASE
        WHEN "e"."at" > CAST('2025-03-31 00:00:00' AS TIMESTAMPNTZ(6))
        THEN "e"."amount"
      END
    ) AS DECIMAL(38, 10)) AS "order_sum_amount",
    MAX("e"."at") AS "order_max_at",
    MIN("e"."at") AS "order_min_at",
    CAST(SUM("e"."amount") AS DECIMAL(38, 10)) AS "order_sum_amount_2",
    COUNT(*) AS "order_count",
    CAST(SUM(
      CASE
        WHEN "e"."at" > CAST('2026-01-30 00:00:00' AS TIMESTAMPNTZ(6))
        THEN "e"."amount"
      END
    ) AS DECIMAL(38, 10)) AS "order_sum_amount_3",
    COUNT(
      CASE
        WHEN "e"."at" > CAST('2026-01-30 00:00:00' AS TIMESTAMPNTZ(6))
        THEN "e"."amount"
      END
    ) AS "order_count_amount",
    COUNT(CASE WHEN "e"."at" > CAST('2026-03-01 00:00:00' AS TIMESTAMPNTZ(6)) THEN 1 END) AS "order_count_2"
  FROM "order_events" AS "e"
  GROUP BY
    "e"."key"
), "cart_add_step" AS (
  SELECT
    "e"."key" AS "key",
    "e"."at" AS "at"
  FROM "cart_add_events" AS "e"
  WHERE
    "e"."at" <= CAST('2026-03-31 00:00:00' AS TIMESTAMPNTZ(6))
    AND "e"."at" > CAST('2026-03-24 00:00:00' AS TIMESTAMPNTZ(6))
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
          "e"."at" <= CAST('2026-03-31 00:00:00' AS TIMESTAMPNTZ(6))
      ) AS "n"
    ) AS "u"
  ) AS "w"
  WHERE
    "w"."kind" = 0
    AND (
      (
        "w"."n_at" IS NULL
        OR "w"."n_at" > (
          DATEADD(MICROSECOND, (
            86400000000
          ), CAST((
            "w"."at"
          ) AS TIMESTAMPNTZ(6)))
        )
      )
      AND (
        DATEADD(MICROSECOND, (
          86400000000
        ), CAST((
          "w"."at"
        ) AS TIMESTAMPNTZ(6)))
      ) <= CAST('2026-03-31 00:00:00' AS TIMESTAMPNTZ(6))
    )
), "customer_sequence" AS (
  SELECT DISTINCT
    "p"."key"
  FROM "no_order_step" AS "p"
), "order_by_value" AS (
  SELECT
    "n"."key" AS "key",
    MAX(
      CASE
        WHEN "n"."nth" = CAST((
          (
            "n"."size" + 1
          ) - (
            "n"."size" + 1
          ) % (
            2
          )
        ) / (
          2
        ) AS BIGINT)
        THEN "n"."value"
      END
    ) AS "order_median_low_amount",
    MAX(
      CASE
        WHEN "n"."nth" = CAST((
          (
            "n"."size"
          ) - (
            "n"."size"
          ) % (
            2
          )
        ) / (
          2
        ) AS BIGINT) + 1
        THEN "n"."value"
      END
    ) AS "order_median_high_amount"
  FROM (
    SELECT
      "r"."key",
      "r"."value",
      ROW_NUMBER() OVER (PARTITION BY "r"."key" ORDER BY "r"."value" ASC) AS "nth",
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
      COALESCE("r1"."order_sum_amount", 0) >= 500
      AND NOT COALESCE("p"."country" = 'DE\'s', FALSE),
      FALSE
    ) AS "vip",
    COALESCE(
      "r1"."order_max_at" <= CAST('2025-09-30 00:00:00' AS TIMESTAMPNTZ(6))
      AND (
        DAYOFWEEKISO((
          "r1"."order_min_at"
        ))
      ) <= 5,
      FALSE
    ) AS "lost",
    NOT "r2"."key" IS NULL AS "left_cart",
    COALESCE(
      (
        "p"."birth_date" <= CAST('2013-03-31' AS DATE)
        AND "p"."birth_date" > CAST('2006-03-31' AS DATE)
      )
      AND (
        DATEDIFF(
          MICROSECOND,
          (
            "p"."signup"
          ),
          (
            CAST('2026-03-31 00:00:00' AS TIMESTAMPNTZ(6))
          )
        )
      ) > 129600000000,
      FALSE
    ) AS "teenager",
    COALESCE(
      REGEXP_LIKE("p"."country", '.*(^(DE|AT)$).*', 's')
      OR STARTSWITH((
        LOWER("p"."country")
      ), 'd'),
      FALSE
    ) AS "german",
    CAST(ROUND(
      CAST(CAST(CAST((
        CAST((
          CAST((
            CAST("r3"."order_median_low_amount" AS DECIMAL(38, 10)) + CAST("r3"."order_median_high_amount" AS DECIMAL(38, 10))
          ) * 0.5 AS DECIMAL(38, 10))
        ) AS DECIMAL(38, 10)) * 100000000000 - (
          CAST((
            CAST((
              CAST("r3"."order_median_low_amount" AS DECIMAL(38, 10)) + CAST("r3"."order_median_high_amount" AS DECIMAL(38, 10))
            ) * 0.5 AS DECIMAL(38, 10))
          ) AS DECIMAL(38, 10)) * 100000000000
        ) % NULLIF(CAST((
          COALESCE("r1"."order_count", 0)
        ) AS DECIMAL(38, 10)), 0)
      ) / NULLIF(CAST((
        COALESCE("r1"."order_count", 0)
      ) AS DECIMAL(38, 10)), 0) AS DECIMAL(26, 0)) * 0.00000000001 AS DECIMAL(38, 10)) AS DECIMAL(38, 10)),
      2
    ) AS DECIMAL(38, 10)) AS "usual",
    CAST(ROUND(
      (
        CAST(CAST((
          CAST((
            (
              DATEDIFF(MICROSECOND, (
                "r1"."order_min_at"
              ), (
                "r1"."order_max_at"
              ))
            )
          ) AS DECIMAL(38, 10)) * 100000000000 - (
            CAST((
              (
                DATEDIFF(MICROSECOND, (
                  "r1"."order_min_at"
                ), (
                  "r1"."order_max_at"
                ))
              )
            ) AS DECIMAL(38, 10)) * 100000000000
          ) % NULLIF(CAST((
            (
              COALESCE("r1"."order_count", 0) - 1
            )
          ) AS DECIMAL(38, 10)), 0)
        ) / NULLIF(CAST((
          (
            COALESCE("r1"."order_count", 0) - 1
          )
        ) AS DECIMAL(38, 10)), 0) AS DECIMAL(26, 0)) * 0.00000000001 AS DECIMAL(38, 10))
      )
    ) AS BIGINT) AS "gap",
    COALESCE(
      COALESCE("r1"."order_sum_amount_3", 0) >= 19.99999999995 * NULLIF(COALESCE("r1"."order_count_amount", 0), 0)
      AND COALESCE("r1"."order_count_2", 0) < 0.49999999995 * NULLIF(COALESCE("r1"."order_count", 0), 0),
      FALSE
    ) AS "fair",
    CASE
      WHEN TO_NUMBER(SUBSTRING(MD5('a' || '/' || "p"."key_text"), 1, 8), 'XXXXXXXX') < 2147483648
      THEN 'test'
      ELSE 'control'
    END AS "split"
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
      RANK() OVER (PARTITION BY "s"."per_1" ORDER BY "s"."value" ASC) - 1 AS "below",
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
    "p"."german" AS "german",
    "p"."usual" AS "usual",
    "p"."gap" AS "gap",
    "p"."fair" AS "fair",
    "p"."split" AS "split",
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
  "c"."german" AS "german",
  CAST("c"."usual" AS DOUBLE) AS "usual",
  "c"."gap" AS "gap",
  "c"."fair" AS "fair",
  "c"."split" AS "split"
FROM "customer_stage_2" AS "c";
