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
-- the types of the columns were not looked at: a time with a zone is seen on the clocks of the session's zone, which has to be Europe/Berlin
WITH `order_events` AS (
  SELECT
    `t`.`customer_id` AS `key`,
    CAST(`t`.`ordered_at` AS DATETIME) AS `at`,
    ROUND(CAST(`t`.`amount` AS BIGNUMERIC), 10) AS `amount`
  FROM `shop`.`orders` AS `t`
  WHERE
    NOT `t`.`customer_id` IS NULL
    AND CAST(`t`.`ordered_at` AS DATETIME) <= CAST('2026-03-31 00:00:00' AS DATETIME)
), `cart_add_events` AS (
  SELECT
    `t`.`customer_id` AS `key`,
    CAST(`t`.`at` AS DATETIME) AS `at`
  FROM `cart_adds` AS `t`
  WHERE
    NOT `t`.`customer_id` IS NULL
    AND CAST(`t`.`at` AS DATETIME) <= CAST('2026-03-31 00:00:00' AS DATETIME)
), `customer_population` AS (
  SELECT
    `t`.`customer_id` AS `key`,
    CAST(`t`.`country` AS STRING) AS `country`,
    CAST(`t`.`birth_date` AS DATE) AS `birth_date`,
    CAST(`t`.`signup` AS DATETIME) AS `signup`,
    CAST(`t`.`customer_id` AS STRING) AS `key_text`
  FROM `customers` AS `t`
  WHERE
    NOT `t`.`customer_id` IS NULL
), `order_totals` AS (
  SELECT
    `e`.`key` AS `key`,
    CAST(SUM(
      CASE WHEN `e`.`at` > CAST('2025-03-31 00:00:00' AS DATETIME) THEN `e`.`amount` END
    ) AS BIGNUMERIC) AS `order_sum_amount`,
    MAX(`e`.`at`) AS `order_max_at`,
    MIN(`e`.`at`) AS `order_min_at`,
    CAST(SUM(`e`.`amount`) AS BIGNUMERIC) AS `order_sum_amount_2`,
    COUNT(*) AS `order_count`,
    CAST(SUM(
      CASE WHEN `e`.`at` > CAST('2026-01-30 00:00:00' AS DATETIME) THEN `e`.`amount` END
    ) AS BIGNUMERIC) AS `order_sum_amount_3`,
    COUNT(
      CASE WHEN `e`.`at` > CAST('2026-01-30 00:00:00' AS DATETIME) THEN `e`.`amount` END
    ) AS `order_count_amount`,
    COUNT(CASE WHEN `e`.`at` > CAST('2026-03-01 00:00:00' AS DATETIME) THEN 1 END) AS `order_count_2`
  FROM `order_events` AS `e`
  GROUP BY
    `e`.`key`
), `cart_add_step` AS (
  SELECT
    `e`.`key` AS `key`,
    `e`.`at` AS `at`
  FROM `cart_add_events` AS `e`
  WHERE
    `e`.`at` <= CAST('2026-03-31 00:00:00' AS DATETIME)
    AND `e`.`at` > CAST('2026-03-24 00:00:00' AS DATETIME)
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
          `e`.`at` <= CAST('2026-03-31 00:00:00' AS DATETIME)
      ) AS `n`
    ) AS `u`
  ) AS `w`
  WHERE
    `w`.`kind` = 0
    AND (
      (
        `w`.`n_at` IS NULL
        OR `w`.`n_at` > (
          DATETIME_ADD(CAST((
            `w`.`at`
          ) AS DATETIME), INTERVAL (
            86400000000
          ) MICROSECOND)
        )
      )
      AND (
        DATETIME_ADD(CAST((
          `w`.`at`
        ) AS DATETIME), INTERVAL (
          86400000000
        ) MICROSECOND)
      ) <= CAST('2026-03-31 00:00:00' AS DATETIME)
    )
), `customer_sequence` AS (
  SELECT DISTINCT
    `p`.`key`
  FROM `no_order_step` AS `p`
), `order_by_value` AS (
  SELECT
    `n`.`key` AS `key`,
    MAX(CASE WHEN `n`.`nth` = DIV((
      `n`.`size` + 1
    ), (
      2
    )) THEN `n`.`value` END) AS `order_median_low_amount`,
    MAX(CASE WHEN `n`.`nth` = DIV((
      `n`.`size`
    ), (
      2
    )) + 1 THEN `n`.`value` END) AS `order_median_high_amount`
  FROM (
    SELECT
      `r`.`key`,
      `r`.`value`,
      ROW_NUMBER() OVER (PARTITION BY `r`.`key` ORDER BY `r`.`value` ASC NULLS LAST) AS `nth`,
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
      AND NOT COALESCE(`p`.`country` = 'DE\'s', FALSE),
      FALSE
    ) AS `vip`,
    COALESCE(
      `r1`.`order_max_at` <= CAST('2025-09-30 00:00:00' AS DATETIME)
      AND (
        MOD(EXTRACT(DAYOFWEEK FROM (
          `r1`.`order_min_at`
        )) + 5, 7) + 1
      ) <= 5,
      FALSE
    ) AS `lost`,
    NOT `r2`.`key` IS NULL AS `left_cart`,
    COALESCE(
      (
        `p`.`birth_date` <= CAST('2013-03-31' AS DATE)
        AND `p`.`birth_date` > CAST('2006-03-31' AS DATE)
      )
      AND (
        DATETIME_DIFF(
          CAST((
            CAST('2026-03-31 00:00:00' AS DATETIME)
          ) AS DATETIME),
          CAST((
            `p`.`signup`
          ) AS DATETIME),
          MICROSECOND
        )
      ) > 129600000000,
      FALSE
    ) AS `teenager`,
    COALESCE(
      REGEXP_CONTAINS(`p`.`country`, '^(DE|AT)$')
      OR STARTS_WITH(
        CASE
          WHEN NOT `p`.`country` IS NULL
          THEN ARRAY_TO_STRING(
            ARRAY(
              SELECT
                IF(c = 'İ', 'i', IF(CHAR_LENGTH(LOWER(c)) = 1, LOWER(c), c))
              FROM UNNEST(SPLIT(`p`.`country`, '')) AS c WITH OFFSET AS o
              ORDER BY
                o
            ),
            ''
          )
        END,
        'd'
      ),
      FALSE
    ) AS `german`,
    ROUND(
      CAST((
        ROUND(
          CAST((
            (
              ROUND(
                (
                  CAST(`r3`.`order_median_low_amount` AS BIGNUMERIC) + CAST(`r3`.`order_median_high_amount` AS BIGNUMERIC)
                ) * CAST('0.5' AS BIGNUMERIC),
                10
              )
            )
          ) AS BIGNUMERIC) / NULLIF(CAST((
            COALESCE(`r1`.`order_count`, 0)
          ) AS BIGNUMERIC), 0),
          10
        )
      ) AS BIGNUMERIC),
      2
    ) AS `usual`,
    CAST(ROUND(
      (
        ROUND(
          CAST((
            (
              DATETIME_DIFF(
                CAST((
                  `r1`.`order_max_at`
                ) AS DATETIME),
                CAST((
                  `r1`.`order_min_at`
                ) AS DATETIME),
                MICROSECOND
              )
            )
          ) AS BIGNUMERIC) / NULLIF(CAST((
            (
              COALESCE(`r1`.`order_count`, 0) - 1
            )
          ) AS BIGNUMERIC), 0),
          10
        )
      )
    ) AS INT64) AS `gap`,
    COALESCE(
      COALESCE(`r1`.`order_sum_amount_3`, 0) >= CAST('19.99999999995' AS BIGNUMERIC) * NULLIF(COALESCE(`r1`.`order_count_amount`, 0), 0)
      AND COALESCE(`r1`.`order_count_2`, 0) < CAST('0.49999999995' AS BIGNUMERIC) * NULLIF(COALESCE(`r1`.`order_count`, 0), 0),
      FALSE
    ) AS `fair`,
    CASE
      WHEN CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT('a', '/', `p`.`key_text`))), 1, 8)) AS INT64) < 2147483648
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
      RANK() OVER (PARTITION BY `s`.`per_1` ORDER BY `s`.`value` ASC NULLS LAST) - 1 AS `below`,
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
  CAST(`c`.`usual` AS FLOAT64) AS `usual`,
  `c`.`gap` AS `gap`,
  `c`.`fair` AS `fair`,
  `c`.`split` AS `split`
FROM `customer_stage_2` AS `c`;
