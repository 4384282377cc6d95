"""Days and times of files, as a draft reads them: a day that may be a month is asked about, not guessed."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from segdsl.api import load
from segdsl.cli.commands import segdsl as commands


def drafted(folder: Path, customers: str, orders: str) -> tuple[str, str]:
    """What `init` says, and the model that it writes."""
    (folder / "customers.csv").write_text(customers)
    (folder / "orders.csv").write_text(orders)
    done = CliRunner().invoke(commands, ["init", str(folder / "new"), "--from", str(folder)])
    assert done.exit_code == 0, done.output
    catalog = load(folder / "new")
    assert [item.message for item in catalog.check_data() if item.is_error] == []
    return done.output, (folder / "new" / "segdsl.yaml").read_text()


def test_a_day_that_may_be_a_month_is_an_open_question(tmp_path: Path) -> None:
    said, model = drafted(
        tmp_path,
        "id,birthday\n1,02/06/1951\n2,03/04/1960\n3,05/06/1970\n",
        "order_id,customer_id,ordered_at\n1,1,02/03/2026\n2,2,03/02/2026\n3,3,12/11/2025\n4,1,01/02/2026\n",
    )
    for column in ("customers.birthday", "orders.ordered_at"):
        assert f"{column}: text in the data, read by `%m/%d/%Y`, though `%d/%m/%Y` would do as well" in said
    assert 'CAST(STRPTIME("birthday", \'%m/%d/%Y\') AS DATE) AS "birthday"' in model
    assert 'CAST(STRPTIME("ordered_at", \'%m/%d/%Y\') AS DATE) AS "ordered_at"' in model


def test_times_in_iso_form_need_no_word_whatever_their_zone(tmp_path: Path) -> None:
    said, model = drafted(
        tmp_path,
        "id,signup\n1,2025-01-05\n2,2025-01-06\n3,2025-01-07\n",
        "order_id,customer_id,Created at\n1,1,2026-01-05 10:00:00 -0500\n2,2,2026-01-06 10:00:00 UTC\n"
        "3,3,2026-01-07T10:00:00Z\n4,1,2026-01-08 10:00:00\n",
    )
    assert "event order of customer: orders, key customer_id, time Created at, 4 rows" in said
    assert ("signup: date" in model, "strptime" in model.casefold(), "in the data" in model) == (True, False, False)


def test_a_table_that_leads_to_no_key_says_so_though_it_has_times(tmp_path: Path) -> None:
    mails = [f"{name}@x.com" for name in "abcdefgh"]
    customers = "".join(f"{number},{mail}\n" for number, mail in enumerate(mails, 1))
    orders = "".join(f"#10{number},{mail},2026-01-0{number} 10:00:00 -0500\n" for number, mail in enumerate(mails, 1))
    (tmp_path / "customers_export.csv").write_text(f"Customer ID,Email\n{customers}")
    (tmp_path / "orders_export.csv").write_text(f"Name,Email,Created at\n{orders}")
    reviews = "".join(f"{number},2026-01-0{number}\n" for number in range(1, 9))
    (tmp_path / "reviews_export.csv").write_text(f"Customer ID,Created at\n{reviews}")
    done = CliRunner().invoke(commands, ["init", str(tmp_path / "new"), "--from", str(tmp_path)])
    assert "its Email leads to customers_export, but that is no key of `customer`: join it" in done.output
