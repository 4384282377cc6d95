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
-- run it in a session with time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION,TIME_TRUNCATE_FRACTIONAL', character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = utf8mb4_0900_bin, max_sort_length = 1000000, sort_buffer_size = 33554432, sql_select_limit = 18446744073709551615
-- the types of the columns were not looked at: none may hold times with a zone, which would be seen on other clocks than those of Europe/Berlin; make a view that has the clocks, or compile with --engine
WITH `order_events` AS (
  SELECT
    CAST(`t`.`customer_id` AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin AS `key`,
    CASE
      WHEN REGEXP_INSTR(
        CAST(`t`.`ordered_at` AS CHAR),
        '^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$'
      ) > 0
      THEN CAST(`t`.`ordered_at` AS DATETIME(6))
      WHEN NOT `t`.`ordered_at` IS NULL
      THEN CAST(EXP(1000 + CHAR_LENGTH(CAST(`t`.`ordered_at` AS CHAR))) AS DATETIME(6))
    END AS `at`,
    CASE
      WHEN REGEXP_INSTR(
        CAST(`t`.`amount` AS CHAR),
        '^ *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)? *$'
      ) > 0
      THEN CAST(`t`.`amount` AS DECIMAL(38, 10))
      WHEN NOT `t`.`amount` IS NULL
      THEN CAST(EXP(1000 + CHAR_LENGTH(CAST(`t`.`amount` AS CHAR))) AS DECIMAL(38, 10))
    END AS `amount`
  FROM `shop`.`orders` AS `t`
  WHERE
    NOT (
      CAST(`t`.`customer_id` AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin
    ) IS NULL
    AND CASE
      WHEN REGEXP_INSTR(
        CAST(`t`.`ordered_at` AS CHAR),
        '^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$'
      ) > 0
      THEN CAST(`t`.`ordered_at` AS DATETIME(6))
      WHEN NOT `t`.`ordered_at` IS NULL
      THEN CAST(EXP(1000 + CHAR_LENGTH(CAST(`t`.`ordered_at` AS CHAR))) AS DATETIME(6))
    END <= CAST('2026-03-31 00:00:00' AS DATETIME(6))
), `cart_add_events` AS (
  SELECT
    CAST(`t`.`customer_id` AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin AS `key`,
    CASE
      WHEN REGEXP_INSTR(
        CAST(`t`.`at` AS CHAR),
        '^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$'
      ) > 0
      THEN CAST(`t`.`at` AS DATETIME(6))
      WHEN NOT `t`.`at` IS NULL
      THEN CAST(EXP(1000 + CHAR_LENGTH(CAST(`t`.`at` AS CHAR))) AS DATETIME(6))
    END AS `at`
  FROM `cart_adds` AS `t`
  WHERE
    NOT (
      CAST(`t`.`customer_id` AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin
    ) IS NULL
    AND CASE
      WHEN REGEXP_INSTR(
        CAST(`t`.`at` AS CHAR),
        '^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$'
      ) > 0
      THEN CAST(`t`.`at` AS DATETIME(6))
      WHEN NOT `t`.`at` IS NULL
      THEN CAST(EXP(1000 + CHAR_LENGTH(CAST(`t`.`at` AS CHAR))) AS DATETIME(6))
    END <= CAST('2026-03-31 00:00:00' AS DATETIME(6))
), `customer_population` AS (
  SELECT
    CAST(`t`.`customer_id` AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin AS `key`,
    CAST(CAST(`t`.`country` AS CHAR) AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin AS `country`,
    CASE
      WHEN REGEXP_INSTR(
        CAST(`t`.`birth_date` AS CHAR),
        '^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$'
      ) > 0
      THEN CAST(`t`.`birth_date` AS DATE)
      WHEN NOT `t`.`birth_date` IS NULL
      THEN CAST(EXP(1000 + CHAR_LENGTH(CAST(`t`.`birth_date` AS CHAR))) AS DATE)
    END AS `birth_date`,
    CASE
      WHEN REGEXP_INSTR(
        CAST(`t`.`signup` AS CHAR),
        '^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)? *$'
      ) > 0
      THEN CAST(`t`.`signup` AS DATETIME(6))
      WHEN NOT `t`.`signup` IS NULL
      THEN CAST(EXP(1000 + CHAR_LENGTH(CAST(`t`.`signup` AS CHAR))) AS DATETIME(6))
    END AS `signup`,
    CAST(CAST(CAST(`t`.`customer_id` AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin AS CHAR) AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin AS `key_text`
  FROM `customers` AS `t`
  WHERE
    NOT (
      CAST(`t`.`customer_id` AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_0900_bin
    ) IS NULL
), `order_totals` AS (
  SELECT
    `e`.`key` AS `key`,
    CAST(SUM(
      CASE
        WHEN `e`.`at` > CAST('2025-03-31 00:00:00' AS DATETIME(6))
        THEN `e`.`amount`
      END
    ) AS DECIMAL(38, 10)) AS `order_sum_amount`,
    MAX(`e`.`at`) AS `order_max_at`,
    MIN(`e`.`at`) AS `order_min_at`,
    CAST(SUM(`e`.`amount`) AS DECIMAL(38, 10)) AS `order_sum_amount_2`,
    COUNT(*) AS `order_count`,
    CAST(SUM(
      CASE
        WHEN `e`.`at` > CAST('2026-01-30 00:00:00' AS DATETIME(6))
        THEN `e`.`amount`
      END
    ) AS DECIMAL(38, 10)) AS `order_sum_amount_3`,
    COUNT(
      CASE
        WHEN `e`.`at` > CAST('2026-01-30 00:00:00' AS DATETIME(6))
        THEN `e`.`amount`
      END
    ) AS `order_count_amount`,
    COUNT(CASE WHEN `e`.`at` > CAST('2026-03-01 00:00:00' AS DATETIME(6)) THEN 1 END) AS `order_count_2`
  FROM `order_events` AS `e`
  GROUP BY
    `e`.`key`
), `cart_add_step` AS (
  SELECT
    `e`.`key` AS `key`,
    `e`.`at` AS `at`
  FROM `cart_add_events` AS `e`
  WHERE
    `e`.`at` <= CAST('2026-03-31 00:00:00' AS DATETIME(6))
    AND `e`.`at` > CAST('2026-03-24 00:00:00' AS DATETIME(6))
), `no_order_step` AS (
  SELECT
    `w`.`key` AS `key`,
    `w`.`at` AS `at`
  FROM (
    SELECT
      `u`.`key` AS `key`,
      `u`.`at` AS `at`,
      `u`.`kind` AS `kind`,
      MIN(CASE WHEN `u`.`kind` = 1 THEN `u`.`at` END) OVER (
        PARTITION BY `u`.`key`
        ORDER BY `u`.`at` DESC, `u`.`kind` ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS `n_at`
    FROM (
      SELECT
        `p`.`key` AS `key`,
        `p`.`at` AS `at`,
        0 AS `kind`
      FROM `cart_add_step` AS `p`
      UNION ALL
      SELECT
        `n`.`key` AS `key`,
        `n`.`at` AS `at`,
        1 AS `kind`
      FROM (
        SELECT
          `e`.`key` AS `key`,
          `e`.`at` AS `at`
        FROM `order_events` AS `e`
        WHERE
          `e`.`at` <= CAST('2026-03-31 00:00:00' AS DATETIME(6))
      ) AS `n`
    ) AS `u`
  ) AS `w`
  WHERE
    `w`.`kind` = 0
    AND (
      (
        `w`.`n_at` IS NULL
        OR `w`.`n_at` > (
          DATE_ADD(CAST((
            `w`.`at`
          ) AS DATETIME(6)), INTERVAL (
            86400000000
          ) MICROSECOND)
        )
      )
      AND (
        DATE_ADD(CAST((
          `w`.`at`
        ) AS DATETIME(6)), INTERVAL (
          86400000000
        ) MICROSECOND)
      ) <= CAST('2026-03-31 00:00:00' AS DATETIME(6))
    )
), `customer_sequence` AS (
  SELECT DISTINCT
    `p`.`key`
  FROM `no_order_step` AS `p`
), `order_by_value` AS (
  SELECT
    `n`.`key` AS `key`,
    MAX(
      CASE
        WHEN `n`.`nth` = (
          (
            `n`.`size` + 1
          )
        ) DIV (
          (
            2
          )
        )
        THEN `n`.`value`
      END
    ) AS `order_median_low_amount`,
    MAX(
      CASE
        WHEN `n`.`nth` = (
          (
            `n`.`size`
          )
        ) DIV (
          (
            2
          )
        ) + 1
        THEN `n`.`value`
      END
    ) AS `order_median_high_amount`
  FROM (
    SELECT
      `r`.`key`,
      `r`.`value`,
      ROW_NUMBER() OVER (
        PARTITION BY `r`.`key`
        ORDER BY CASE WHEN `r`.`value` IS NULL THEN 1 ELSE 0 END, `r`.`value` ASC
      ) AS `nth`,
      COUNT(*) OVER (PARTITION BY `r`.`key`) AS `size`
    FROM (
      SELECT
        `e`.`key` AS `key`,
        `e`.`at` AS `at`,
        `e`.`amount` AS `value`
      FROM `order_events` AS `e`
      WHERE
        NOT `e`.`amount` IS NULL
    ) AS `r`
  ) AS `n`
  GROUP BY
    `n`.`key`
), `customer_stage_1` AS (
  SELECT
    `p`.`key` AS `key`,
    `p`.`country` AS `country`,
    COALESCE(`r1`.`order_sum_amount_2`, 0) AS `order_sum_amount_2`,
    COALESCE(
      COALESCE(`r1`.`order_sum_amount`, 0) >= 500
      AND NOT COALESCE(`p`.`country` = 'DE''s', FALSE),
      FALSE
    ) AS `vip`,
    COALESCE(
      `r1`.`order_max_at` <= CAST('2025-09-30 00:00:00' AS DATETIME(6))
      AND CAST(WEEKDAY((
        `r1`.`order_min_at`
      )) + 1 AS SIGNED) <= 5,
      FALSE
    ) AS `lost`,
    NOT `r2`.`key` IS NULL AS `left_cart`,
    COALESCE(
      (
        `p`.`birth_date` <= CAST('2013-03-31' AS DATE)
        AND `p`.`birth_date` > CAST('2006-03-31' AS DATE)
      )
      AND (
        TIMESTAMPDIFF(MICROSECOND, (
          `p`.`signup`
        ), (
          CAST('2026-03-31 00:00:00' AS DATETIME(6))
        ))
      ) > 129600000000,
      FALSE
    ) AS `teenager`,
    COALESCE(
      REGEXP_LIKE(`p`.`country`, '\\A(?:DE|AT)\\z', 'c')
      OR LEFT(
        (
          LOWER(`p`.`country` COLLATE utf8mb4_0900_as_cs) COLLATE utf8mb4_0900_bin
        ),
        CHAR_LENGTH('d')
      ) = 'd',
      FALSE
    ) AS `german`,
    CAST(ROUND(
      CAST(CAST(CAST((
        CAST((
          CAST((
            CAST(`r3`.`order_median_low_amount` AS DECIMAL(38, 10)) + CAST(`r3`.`order_median_high_amount` AS DECIMAL(38, 10))
          ) * 0.5 AS DECIMAL(38, 10))
        ) AS DECIMAL(38, 10)) * 100000000000 - (
          CAST((
            CAST((
              CAST(`r3`.`order_median_low_amount` AS DECIMAL(38, 10)) + CAST(`r3`.`order_median_high_amount` AS DECIMAL(38, 10))
            ) * 0.5 AS DECIMAL(38, 10))
          ) AS DECIMAL(38, 10)) * 100000000000
        ) % NULLIF(CAST((
          COALESCE(`r1`.`order_count`, 0)
        ) AS DECIMAL(38, 10)), 0)
      ) / NULLIF(CAST((
        COALESCE(`r1`.`order_count`, 0)
      ) AS DECIMAL(38, 10)), 0) AS DECIMAL(54, 0)) * 0.00000000001 AS DECIMAL(38, 10)) AS DECIMAL(38, 10)),
      2
    ) AS DECIMAL(38, 10)) AS `usual`,
    CAST(ROUND(
      (
        CAST(CAST((
          CAST((
            (
              TIMESTAMPDIFF(MICROSECOND, (
                `r1`.`order_min_at`
              ), (
                `r1`.`order_max_at`
              ))
            )
          ) AS DECIMAL(38, 10)) * 100000000000 - (
            CAST((
              (
                TIMESTAMPDIFF(MICROSECOND, (
                  `r1`.`order_min_at`
                ), (
                  `r1`.`order_max_at`
                ))
              )
            ) AS DECIMAL(38, 10)) * 100000000000
          ) % NULLIF(CAST((
            (
              COALESCE(`r1`.`order_count`, 0) - 1
            )
          ) AS DECIMAL(38, 10)), 0)
        ) / NULLIF(CAST((
          (
            COALESCE(`r1`.`order_count`, 0) - 1
          )
        ) AS DECIMAL(38, 10)), 0) AS DECIMAL(54, 0)) * 0.00000000001 AS DECIMAL(38, 10))
      )
    ) AS SIGNED) AS `gap`,
    COALESCE(
      COALESCE(`r1`.`order_sum_amount_3`, 0) >= 19.99999999995 * NULLIF(COALESCE(`r1`.`order_count_amount`, 0), 0)
      AND COALESCE(`r1`.`order_count_2`, 0) < 0.49999999995 * NULLIF(COALESCE(`r1`.`order_count`, 0), 0),
      FALSE
    ) AS `fair`,
    CASE
      WHEN CAST(CONV(SUBSTRING(MD5(CONCAT('a', '/', `p`.`key_text`)), 1, 8), 16, 10) AS UNSIGNED) < 2147483648
      THEN 'test'
      ELSE 'control'
    END AS `split`
  FROM `customer_population` AS `p`
  LEFT JOIN `order_totals` AS `r1`
    ON `r1`.`key` = `p`.`key`
  LEFT JOIN `customer_sequence` AS `r2`
    ON `r2`.`key` = `p`.`key`
  LEFT JOIN `order_by_value` AS `r3`
    ON `r3`.`key` = `p`.`key`
), `customer_scores` AS (
  SELECT
    `r`.`key` AS `key`,
    `r`.`below` * 100 >= `r`.`size` * 90 AS `total_spend_reaches`
  FROM (
    SELECT
      `s`.`key` AS `key`,
      RANK() OVER (
        PARTITION BY `s`.`per_1`
        ORDER BY CASE WHEN `s`.`value` IS NULL THEN 1 ELSE 0 END, `s`.`value` ASC
      ) - 1 AS `below`,
      COUNT(*) OVER (PARTITION BY `s`.`per_1`) AS `size`
    FROM (
      SELECT
        `c`.`key` AS `key`,
        `c`.`order_sum_amount_2` AS `value`,
        `c`.`country` AS `per_1`
      FROM `customer_stage_1` AS `c`
    ) AS `s`
    WHERE
      NOT `s`.`value` IS NULL
  ) AS `r`
), `customer_stage_2` AS (
  SELECT
    `p`.`key` AS `key`,
    `p`.`vip` AS `vip`,
    `p`.`lost` AS `lost`,
    `p`.`left_cart` AS `left_cart`,
    `p`.`teenager` AS `teenager`,
    `p`.`german` AS `german`,
    `p`.`usual` AS `usual`,
    `p`.`gap` AS `gap`,
    `p`.`fair` AS `fair`,
    `p`.`split` AS `split`,
    COALESCE(`r1`.`total_spend_reaches`, FALSE) AS `top`
  FROM `customer_stage_1` AS `p`
  LEFT JOIN `customer_scores` AS `r1`
    ON `r1`.`key` = `p`.`key`
)
SELECT
  `c`.`key` AS `customer_id`,
  `c`.`vip` AS `vip`,
  `c`.`lost` AS `lost`,
  `c`.`top` AS `top`,
  `c`.`left_cart` AS `left_cart`,
  `c`.`teenager` AS `teenager`,
  `c`.`german` AS `german`,
  CAST(`c`.`usual` AS DOUBLE) AS `usual`,
  `c`.`gap` AS `gap`,
  `c`.`fair` AS `fair`,
  `c`.`split` AS `split`
FROM `customer_stage_2` AS `c`;
