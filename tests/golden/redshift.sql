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
-- run it in a session with timezone = UTC
-- the types of the columns were not looked at: none may hold times with a zone, which would be seen on other clocks than those of Europe/Berlin; make a view that has the clocks, or compile with --engine
WITH "order_events" AS (
  SELECT
    "t"."customer_id" AS "key",
    CAST("t"."ordered_at" AS TIMESTAMP) AS "at",
    CAST("t"."amount" AS DECIMAL(38, 10)) AS "amount"
  FROM "shop"."orders" AS "t"
  WHERE
    NOT "t"."customer_id" IS NULL
    AND CAST("t"."ordered_at" AS TIMESTAMP) <= CAST('2026-03-31 00:00:00' AS TIMESTAMP)
), "cart_add_events" AS (
  SELECT
    "t"."customer_id" AS "key",
    CAST("t"."at" AS TIMESTAMP) AS "at"
  FROM "cart_adds" AS "t"
  WHERE
    NOT "t"."customer_id" IS NULL
    AND CAST("t"."at" AS TIMESTAMP) <= CAST('2026-03-31 00:00:00' AS TIMESTAMP)
), "customer_population" AS (
  SELECT
    "t"."customer_id" AS "key",
    CAST("t"."country" AS VARCHAR(65535)) AS "country",
    CAST("t"."birth_date" AS DATE) AS "birth_date",
    CAST("t"."signup" AS TIMESTAMP) AS "signup",
    CAST("t"."customer_id" AS VARCHAR(65535)) AS "key_text"
  FROM "customers" AS "t"
  WHERE
    NOT "t"."customer_id" IS NULL
), "order_totals" AS (
  SELECT
    "e"."key" AS "key",
    CAST(SUM(
      CASE WHEN "e"."at" > CAST('2025-03-31 00:00:00' AS TIMESTAMP) THEN "e"."amount" END
    ) AS DECIMAL(38, 10)) AS "order_sum_amount",
    MAX("e"."at") AS "order_max_at",
    MIN("e"."at") AS "order_min_at",
    CAST(SUM("e"."amount") AS DECIMAL(38, 10)) AS "order_sum_amount_2",
    COUNT(*) AS "order_count",
    CAST(SUM(
      CASE WHEN "e"."at" > CAST('2026-01-30 00:00:00' AS TIMESTAMP) THEN "e"."amount" END
    ) AS DECIMAL(38, 10)) AS "order_sum_amount_3",
    COUNT(
      CASE WHEN "e"."at" > CAST('2026-01-30 00:00:00' AS TIMESTAMP) THEN "e"."amount" END
    ) AS "order_count_amount",
    COUNT(CASE WHEN "e"."at" > CAST('2026-03-01 00:00:00' AS TIMESTAMP) THEN 1 END) AS "order_count_2"
  FROM "order_events" AS "e"
  GROUP BY
    "e"."key"
), "cart_add_step" AS (
  SELECT
    "e"."key" AS "key",
    "e"."at" AS "at"
  FROM "cart_add_events" AS "e"
  WHERE
    "e"."at" <= CAST('2026-03-31 00:00:00' AS TIMESTAMP)
    AND "e"."at" > CAST('2026-03-24 00:00:00' AS TIMESTAMP)
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
          "e"."at" <= CAST('2026-03-31 00:00:00' AS TIMESTAMP)
      ) AS "n"
    ) AS "u"
  ) AS "w"
  WHERE
    "w"."kind" = 0
    AND (
      (
        "w"."n_at" IS NULL
        OR "w"."n_at" > (
          DATEADD(
            MICROSECOND,
            CAST((
              (
                86400000000
              )
            ) % 1000000 AS INTEGER),
            DATEADD(
              SECOND,
              CAST((
                (
                  (
                    (
                      86400000000
                    )
                  ) % 86400000000
                ) - (
                  (
                    (
                      86400000000
                    )
                  ) % 86400000000
                ) % 1000000
              ) / 1000000 AS INTEGER),
              DATEADD(
                DAY,
                CAST((
                  (
                    (
                      86400000000
                    )
                  ) - (
                    (
                      86400000000
                    )
                  ) % 86400000000
                ) / 86400000000 AS INTEGER),
                CAST((
                  "w"."at"
                ) AS TIMESTAMP)
              )
            )
          )
        )
      )
      AND (
        DATEADD(
          MICROSECOND,
          CAST((
            (
              86400000000
            )
          ) % 1000000 AS INTEGER),
          DATEADD(
            SECOND,
            CAST((
              (
                (
                  (
                    86400000000
                  )
                ) % 86400000000
              ) - (
                (
                  (
                    86400000000
                  )
                ) % 86400000000
              ) % 1000000
            ) / 1000000 AS INTEGER),
            DATEADD(
              DAY,
              CAST((
                (
                  (
                    86400000000
                  )
                ) - (
                  (
                    86400000000
                  )
                ) % 86400000000
              ) / 86400000000 AS INTEGER),
              CAST((
                "w"."at"
              ) AS TIMESTAMP)
            )
          )
        )
      ) <= CAST('2026-03-31 00:00:00' AS TIMESTAMP)
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
      AND NOT COALESCE((
        "p"."country" || CHR(  1)
      ) = (
        'DE\'s' || CHR(  1)
      ), FALSE),
      FALSE
    ) AS "vip",
    COALESCE(
      "r1"."order_max_at" <= CAST('2025-09-30 00:00:00' AS TIMESTAMP)
      AND CAST((
        EXTRACT(DOW FROM (
          "r1"."order_min_at"
        )) + 6
      ) % 7 + 1 AS BIGINT) <= 5,
      FALSE
    ) AS "lost",
    NOT "r2"."key" IS NULL AS "left_cart",
    COALESCE(
      (
        "p"."birth_date" <= CAST('2013-03-31' AS DATE)
        AND "p"."birth_date" > CAST('2006-03-31' AS DATE)
      )
      AND (
        DATEDIFF(MICROSECOND, (
          "p"."signup"
        ), (
          CAST('2026-03-31 00:00:00' AS TIMESTAMP)
        ))
      ) > 129600000000,
      FALSE
    ) AS "teenager",
    COALESCE(
      REGEXP_INSTR("p"."country", '\\A(?:DE|AT)\\z', 1, 1, 0, 'p') > 0
      OR LEFT((
        LOWER("p"."country")
      ), LENGTH('d')) || '.' = 'd' || '.',
      FALSE
    ) AS "german",
    CAST(ROUND(
      CAST(CAST(CAST((
        CAST((
          CAST(CAST(CAST("r3"."order_median_low_amount" AS DECIMAL(38, 10)) + CAST("r3"."order_median_high_amount" AS DECIMAL(38, 10)) AS DECIMAL(36, 10)) * 0.5 AS DECIMAL(38, 10))
        ) AS DECIMAL(38, 10)) * 100000000000 - (
          CAST((
            CAST(CAST(CAST("r3"."order_median_low_amount" AS DECIMAL(38, 10)) + CAST("r3"."order_median_high_amount" AS DECIMAL(38, 10)) AS DECIMAL(36, 10)) * 0.5 AS DECIMAL(38, 10))
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
      CAST(CAST((
        CAST((
          COALESCE("r1"."order_sum_amount_3", 0)
        ) AS DECIMAL(38, 10)) * 100000000000 - (
          CAST((
            COALESCE("r1"."order_sum_amount_3", 0)
          ) AS DECIMAL(38, 10)) * 100000000000
        ) % NULLIF(CAST((
          COALESCE("r1"."order_count_amount", 0)
        ) AS DECIMAL(38, 10)), 0)
      ) / NULLIF(CAST((
        COALESCE("r1"."order_count_amount", 0)
      ) AS DECIMAL(38, 10)), 0) AS DECIMAL(26, 0)) * 0.00000000001 AS DECIMAL(38, 10)) >= 20
      AND CAST(CAST((
        CAST((
          COALESCE("r1"."order_count_2", 0)
        ) AS DECIMAL(38, 10)) * 100000000000 - (
          CAST((
            COALESCE("r1"."order_count_2", 0)
          ) AS DECIMAL(38, 10)) * 100000000000
        ) % NULLIF(CAST((
          COALESCE("r1"."order_count", 0)
        ) AS DECIMAL(38, 10)), 0)
      ) / NULLIF(CAST((
        COALESCE("r1"."order_count", 0)
      ) AS DECIMAL(38, 10)), 0) AS DECIMAL(26, 0)) * 0.00000000001 AS DECIMAL(38, 10)) < 0.5000000000,
      FALSE
    ) AS "fair",
    CASE
      WHEN STRTOL(SUBSTRING(MD5('a' || '/' || "p"."key_text") FROM 1 FOR 8), 16) < 2147483648
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
        "c"."country" || CHR(  1) AS "per_1"
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
  CAST("c"."usual" AS DOUBLE PRECISION) AS "usual",
  "c"."gap" AS "gap",
  "c"."fair" AS "fair",
  "c"."split" AS "split"
FROM "customer_stage_2" AS "c";
