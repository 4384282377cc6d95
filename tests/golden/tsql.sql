-- segment vip of customer: 38617b5660eb
-- segment lost of customer: d4c5f2de848b
-- segment top of customer: 0c3b0a9a66d0
-- segment left_cart of customer: 3f1cc0f70769
-- segment teenager of customer: cf7047042bc1
-- trait usual of customer: f13591c6aed4
-- trait gap of customer: 379a7fdfbb26
-- segment fair of customer: 0d3635e5806c
-- the types of the columns were not looked at: a time with a zone is seen on the clocks of the session's zone, which has to be Europe/Berlin
WITH [order_events] AS (
  SELECT
    CAST([t].[customer_id] AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2 AS [key],
    CAST([t].[ordered_at] AS DATETIME2(6)) AS [at],
    CAST([t].[amount] AS NUMERIC(38, 10)) AS [amount]
  FROM [shop].[orders] AS [t]
  WHERE
    NOT (
      CAST([t].[customer_id] AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2
    ) IS NULL
    AND CAST([t].[ordered_at] AS DATETIME2(6)) <= CAST(N'2026-03-31 00:00:00' AS DATETIME2(6))
), [cart_add_events] AS (
  SELECT
    CAST([t].[customer_id] AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2 AS [key],
    CAST([t].[at] AS DATETIME2(6)) AS [at]
  FROM [cart_adds] AS [t]
  WHERE
    NOT (
      CAST([t].[customer_id] AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2
    ) IS NULL
    AND CAST([t].[at] AS DATETIME2(6)) <= CAST(N'2026-03-31 00:00:00' AS DATETIME2(6))
), [customer_population] AS (
  SELECT
    CAST([t].[customer_id] AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2 AS [key],
    CASE
      WHEN DATALENGTH(
        ISNULL(
          CASE WHEN 1 = 0 THEN [t].[country] END,
          RTRIM(CAST([t].[country] AS NVARCHAR(MAX)))
        )
      ) = DATALENGTH([t].[country])
      THEN RTRIM(CAST([t].[country] AS NVARCHAR(MAX)))
      ELSE CAST([t].[country] AS NVARCHAR(MAX))
    END COLLATE Latin1_General_100_BIN2 AS [country],
    CAST([t].[birth_date] AS DATE) AS [birth_date],
    CAST([t].[signup] AS DATETIME2(6)) AS [signup]
  FROM [customers] AS [t]
  WHERE
    NOT (
      CAST([t].[customer_id] AS NVARCHAR(MAX)) COLLATE Latin1_General_100_BIN2
    ) IS NULL
), [order_totals] AS (
  SELECT
    [e].[key] AS [key],
    CAST(SUM(
      CASE
        WHEN [e].[at] > CAST(N'2025-03-31 00:00:00' AS DATETIME2(6))
        THEN [e].[amount]
      END
    ) AS NUMERIC(38, 10)) AS [order_sum_amount],
    MAX([e].[at]) AS [order_max_at],
    MIN([e].[at]) AS [order_min_at],
    CAST(SUM([e].[amount]) AS NUMERIC(38, 10)) AS [order_sum_amount_2],
    COUNT_BIG(*) AS [order_count],
    CAST(SUM(
      CASE
        WHEN [e].[at] > CAST(N'2026-01-30 00:00:00' AS DATETIME2(6))
        THEN [e].[amount]
      END
    ) AS NUMERIC(38, 10)) AS [order_sum_amount_3],
    COUNT_BIG(
      CASE
        WHEN [e].[at] > CAST(N'2026-01-30 00:00:00' AS DATETIME2(6))
        THEN [e].[amount]
      END
    ) AS [order_count_amount],
    COUNT_BIG(CASE WHEN [e].[at] > CAST(N'2026-03-01 00:00:00' AS DATETIME2(6)) THEN 1 END) AS [order_count_2]
  FROM [order_events] AS [e]
  GROUP BY
    [e].[key]
), [cart_add_step] AS (
  SELECT
    [e].[key] AS [key],
    [e].[at] AS [at]
  FROM [cart_add_events] AS [e]
  WHERE
    [e].[at] <= CAST(N'2026-03-31 00:00:00' AS DATETIME2(6))
    AND [e].[at] > CAST(N'2026-03-24 00:00:00' AS DATETIME2(6))
), [no_order_step] AS (
  SELECT
    [w].[key] AS [key],
    [w].[at] AS [at]
  FROM (
    SELECT
      [u].[key] AS [key],
      [u].[at] AS [at],
      [u].[kind] AS [kind],
      MIN(CASE WHEN [u].[kind] = 1 THEN [u].[at] END) OVER (
        PARTITION BY [u].[key]
        ORDER BY [u].[at] DESC, [u].[kind] ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS [n_at]
    FROM (
      SELECT
        [p].[key] AS [key],
        [p].[at] AS [at],
        0 AS [kind]
      FROM [cart_add_step] AS [p]
      UNION ALL
      SELECT
        [n].[key] AS [key],
        [n].[at] AS [at],
        1 AS [kind]
      FROM (
        SELECT
          [e].[key] AS [key],
          [e].[at] AS [at]
        FROM [order_events] AS [e]
        WHERE
          [e].[at] <= CAST(N'2026-03-31 00:00:00' AS DATETIME2(6))
      ) AS [n]
    ) AS [u]
  ) AS [w]
  WHERE
    [w].[kind] = 0
    AND (
      (
        [w].[n_at] IS NULL
        OR [w].[n_at] > (
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
                  [w].[at]
                ) AS DATETIME2(6))
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
                [w].[at]
              ) AS DATETIME2(6))
            )
          )
        )
      ) <= CAST(N'2026-03-31 00:00:00' AS DATETIME2(6))
    )
), [customer_sequence] AS (
  SELECT DISTINCT
    [p].[key] AS [key]
  FROM [no_order_step] AS [p]
), [order_by_value] AS (
  SELECT
    [n].[key] AS [key],
    MAX(
      CASE
        WHEN [n].[nth] = CAST((
          (
            [n].[size] + 1
          ) - (
            [n].[size] + 1
          ) % (
            2
          )
        ) / (
          2
        ) AS BIGINT)
        THEN [n].[value]
      END
    ) AS [order_median_low_amount],
    MAX(
      CASE
        WHEN [n].[nth] = CAST((
          (
            [n].[size]
          ) - (
            [n].[size]
          ) % (
            2
          )
        ) / (
          2
        ) AS BIGINT) + 1
        THEN [n].[value]
      END
    ) AS [order_median_high_amount]
  FROM (
    SELECT
      [r].[key] AS [key],
      [r].[value] AS [value],
      ROW_NUMBER() OVER (
        PARTITION BY [r].[key]
        ORDER BY CASE WHEN [r].[value] IS NULL THEN 1 ELSE 0 END, [r].[value] ASC
      ) AS [nth],
      COUNT_BIG(*) OVER (PARTITION BY [r].[key]) AS [size]
    FROM (
      SELECT
        [e].[key] AS [key],
        [e].[at] AS [at],
        [e].[amount] AS [value]
      FROM [order_events] AS [e]
      WHERE
        NOT [e].[amount] IS NULL
    ) AS [r]
  ) AS [n]
  GROUP BY
    [n].[key]
), [customer_stage_1] AS (
  SELECT
    [p].[key] AS [key],
    [p].[country] AS [country],
    COALESCE([r1].[order_sum_amount_2], 0) AS [order_sum_amount_2],
    CASE
      WHEN COALESCE([r1].[order_sum_amount], 0) >= 500
      AND NOT CASE
        WHEN CASE WHEN NOT [p].[country] IS NULL THEN CONCAT([p].[country], CHAR(1)) END = CASE WHEN NOT N'DE''s' IS NULL THEN CONCAT(N'DE''s', CHAR(1)) END
        THEN 1
        ELSE 0
      END = 1
      THEN 1
      ELSE 0
    END AS [vip],
    CASE
      WHEN [r1].[order_max_at] <= CAST(N'2025-09-30 00:00:00' AS DATETIME2(6))
      AND CAST(DATEDIFF(
        DAY,
        CAST(CAST(N'0001-01-01' AS DATE) AS DATETIME2),
        CAST(CAST((
          [r1].[order_min_at]
        ) AS DATE) AS DATETIME2)
      ) % 7 + 1 AS BIGINT) <= 5
      THEN 1
      ELSE 0
    END AS [lost],
    CASE
      WHEN NOT [r2].[key] IS NULL
      THEN 1
      WHEN NOT (
        NOT [r2].[key] IS NULL
      )
      THEN 0
    END AS [left_cart],
    CASE
      WHEN (
        [p].[birth_date] <= CAST(N'2013-03-31' AS DATE)
        AND [p].[birth_date] > CAST(N'2006-03-31' AS DATE)
      )
      AND (
        DATEDIFF_BIG(
          MICROSECOND,
          CAST((
            [p].[signup]
          ) AS DATETIME2(6)),
          CAST((
            CAST(N'2026-03-31 00:00:00' AS DATETIME2(6))
          ) AS DATETIME2(6))
        )
      ) > 129600000000
      THEN 1
      ELSE 0
    END AS [teenager],
    CAST(ROUND(
      CAST(CAST(CAST((
        CAST((
          CAST(CAST(CAST([r3].[order_median_low_amount] AS NUMERIC(38, 10)) + CAST([r3].[order_median_high_amount] AS NUMERIC(38, 10)) AS NUMERIC(36, 10)) * 0.5 AS NUMERIC(38, 10))
        ) AS NUMERIC(38, 10)) * 100000000000 - (
          CAST((
            CAST(CAST(CAST([r3].[order_median_low_amount] AS NUMERIC(38, 10)) + CAST([r3].[order_median_high_amount] AS NUMERIC(38, 10)) AS NUMERIC(36, 10)) * 0.5 AS NUMERIC(38, 10))
          ) AS NUMERIC(38, 10)) * 100000000000
        ) % NULLIF(CAST((
          COALESCE([r1].[order_count], 0)
        ) AS NUMERIC(38, 10)), 0)
      ) / NULLIF(CAST((
        COALESCE([r1].[order_count], 0)
      ) AS NUMERIC(38, 10)), 0) AS NUMERIC(26, 0)) * 0.00000000001 AS NUMERIC(38, 10)) AS NUMERIC(38, 10)),
      2
    ) AS NUMERIC(38, 10)) AS [usual],
    CAST(ROUND(
      (
        CAST(CAST((
          CAST((
            (
              DATEDIFF_BIG(
                MICROSECOND,
                CAST((
                  [r1].[order_min_at]
                ) AS DATETIME2(6)),
                CAST((
                  [r1].[order_max_at]
                ) AS DATETIME2(6))
              )
            )
          ) AS NUMERIC(38, 10)) * 100000000000 - (
            CAST((
              (
                DATEDIFF_BIG(
                  MICROSECOND,
                  CAST((
                    [r1].[order_min_at]
                  ) AS DATETIME2(6)),
                  CAST((
                    [r1].[order_max_at]
                  ) AS DATETIME2(6))
                )
              )
            ) AS NUMERIC(38, 10)) * 100000000000
          ) % NULLIF(CAST((
            (
              COALESCE([r1].[order_count], 0) - 1
            )
          ) AS NUMERIC(38, 10)), 0)
        ) / NULLIF(CAST((
          (
            COALESCE([r1].[order_count], 0) - 1
          )
        ) AS NUMERIC(38, 10)), 0) AS NUMERIC(26, 0)) * 0.00000000001 AS NUMERIC(38, 10))
      ),
      0
    ) AS BIGINT) AS [gap],
    CASE
      WHEN CAST(CAST((
        CAST((
          COALESCE([r1].[order_sum_amount_3], 0)
        ) AS NUMERIC(38, 10)) * 100000000000 - (
          CAST((
            COALESCE([r1].[order_sum_amount_3], 0)
          ) AS NUMERIC(38, 10)) * 100000000000
        ) % NULLIF(CAST((
          COALESCE([r1].[order_count_amount], 0)
        ) AS NUMERIC(38, 10)), 0)
      ) / NULLIF(CAST((
        COALESCE([r1].[order_count_amount], 0)
      ) AS NUMERIC(38, 10)), 0) AS NUMERIC(26, 0)) * 0.00000000001 AS NUMERIC(38, 10)) >= 20
      AND CAST(CAST((
        CAST((
          COALESCE([r1].[order_count_2], 0)
        ) AS NUMERIC(38, 10)) * 100000000000 - (
          CAST((
            COALESCE([r1].[order_count_2], 0)
          ) AS NUMERIC(38, 10)) * 100000000000
        ) % NULLIF(CAST((
          COALESCE([r1].[order_count], 0)
        ) AS NUMERIC(38, 10)), 0)
      ) / NULLIF(CAST((
        COALESCE([r1].[order_count], 0)
      ) AS NUMERIC(38, 10)), 0) AS NUMERIC(26, 0)) * 0.00000000001 AS NUMERIC(38, 10)) < 0.5000000000
      THEN 1
      ELSE 0
    END AS [fair]
  FROM [customer_population] AS [p]
  LEFT JOIN [order_totals] AS [r1]
    ON [r1].[key] = [p].[key]
  LEFT JOIN [customer_sequence] AS [r2]
    ON [r2].[key] = [p].[key]
  LEFT JOIN [order_by_value] AS [r3]
    ON [r3].[key] = [p].[key]
), [customer_scores] AS (
  SELECT
    [r].[key] AS [key],
    CASE
      WHEN [r].[below] * 100 >= [r].[size] * 90
      THEN 1
      WHEN NOT (
        [r].[below] * 100 >= [r].[size] * 90
      )
      THEN 0
    END AS [total_spend_reaches]
  FROM (
    SELECT
      [s].[key] AS [key],
      RANK() OVER (
        PARTITION BY [s].[per_1]
        ORDER BY CASE WHEN [s].[value] IS NULL THEN 1 ELSE 0 END, [s].[value] ASC
      ) - 1 AS [below],
      COUNT_BIG(*) OVER (PARTITION BY [s].[per_1]) AS [size]
    FROM (
      SELECT
        [c].[key] AS [key],
        [c].[order_sum_amount_2] AS [value],
        CASE WHEN NOT [c].[country] IS NULL THEN CONCAT([c].[country], CHAR(1)) END AS [per_1]
      FROM [customer_stage_1] AS [c]
    ) AS [s]
    WHERE
      NOT [s].[value] IS NULL
  ) AS [r]
), [customer_stage_2] AS (
  SELECT
    [p].[key] AS [key],
    [p].[vip] AS [vip],
    [p].[lost] AS [lost],
    [p].[left_cart] AS [left_cart],
    [p].[teenager] AS [teenager],
    [p].[usual] AS [usual],
    [p].[gap] AS [gap],
    [p].[fair] AS [fair],
    COALESCE([r1].[total_spend_reaches], 0) AS [top]
  FROM [customer_stage_1] AS [p]
  LEFT JOIN [customer_scores] AS [r1]
    ON [r1].[key] = [p].[key]
)
SELECT
  [c].[key] AS [customer_id],
  [c].[vip] AS [vip],
  [c].[lost] AS [lost],
  [c].[top] AS [top],
  [c].[left_cart] AS [left_cart],
  [c].[teenager] AS [teenager],
  CAST([c].[usual] AS FLOAT) AS [usual],
  [c].[gap] AS [gap],
  [c].[fair] AS [fair]
FROM [customer_stage_2] AS [c];
