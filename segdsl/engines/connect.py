"""Engines by their URLs: `postgresql://…` and the like, each by the driver that knows it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from segdsl import problems
from segdsl.engines.drivers.driver import Driver, Refused
from segdsl.engines.problem import EngineProblem
from segdsl.engines.profiles import profile_url
from segdsl.engines.urls import expand_url, has_early_end, is_profile, secrets, shown
from segdsl.engines.warehouse import Warehouse, without_secrets

_SECRET_NAME = re.compile(r"(PASSWORD|PASSWD|PASSPHRASE|_PWD|TOKEN|SECRET)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a URL starts with: the module and class of its driver, the extra that brings its library, an example."""

    module: str
    driver: str
    extra: str
    example: str

    def load(self) -> Any:
        """The driver's class, which is made with a URL; its library is not looked for before."""
        return getattr(import_module(f"segdsl.engines.drivers.{self.module}"), self.driver)


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "duckdb": Scheme("duckdb", "DuckDBFile", "duckdb", "duckdb:///shop.duckdb"),
        "postgresql": Scheme("postgres", "Postgres", "postgres", "postgresql://user@host/database"),
        "postgres": Scheme("postgres", "Postgres", "postgres", "postgresql://user@host/database"),
        "clickhouse": Scheme("clickhouse", "ClickHouse", "clickhouse", "clickhouse://user@host:8123/database"),
        "clickhouses": Scheme("clickhouse", "ClickHouse", "clickhouse", "clickhouses://user@host:8443/database"),
        "chdb": Scheme("clickhouse", "ClickHouse", "chdb", "chdb:///folder"),
        "mariadb": Scheme("mariadb", "MariaDB", "mariadb", "mariadb://user@host/database"),
        "mysql": Scheme("mariadb", "MariaDB", "mariadb", "mysql://user@host/database"),
        "sqlite": Scheme("sqlite", "SQLite", "", "sqlite:///file.db"),
        "spark": Scheme("spark", "Spark", "spark", "spark://host:7077"),
        "snowflake": Scheme(
            "snowflake", "Snowflake", "snowflake", "snowflake://user@account/database/schema?warehouse=W"
        ),
        "trino": Scheme("trino", "Trino", "trino", "trino://user@host:8080/catalog/schema"),
        "bigquery": Scheme("bigquery", "BigQuery", "bigquery", "bigquery://project/dataset"),
        "sc": Scheme("spark", "Spark", "spark", "sc://host:15002"),
        "sail": Scheme("spark", "Sail", "spark", "sail://host:50051"),
    }
)


def connect(url: str, folder: Path, environment: Mapping[str, str] | None = None) -> Warehouse:
    """A session on the engine of a URL, or of the profile of a name, pinned; raises EngineProblem. `${VAR}` in a URL
    is the environment's.

    Nothing that is told shows the URL's password, nor any other text of it but the host, nor a password that the
    environment has.
    """
    variables = os.environ if environment is None else environment
    name = shown(url)
    expanded, scheme = read_url(url, variables)
    hidden = [*secrets(expanded), *environment_secrets(variables)]
    if scheme is None:
        examples = [item.example for item in SCHEMES.values()]
        raise EngineProblem([problems.unknown_engine(expanded.partition(":")[0][:20], examples)])
    try:
        driver: Driver = scheme.load()(expanded)
    except ImportError as error:
        raise EngineProblem([problems.engine_extra(name, scheme.extra, error.name or "its library")]) from None
    except Refused as refusal:
        raise EngineProblem(
            [problems.session_refused(name, without_secrets(refusal, hidden), refusal.advice)]
        ) from None
    except Exception as error:  # whatever its library raises; its text can hold what it was connected with
        reason = None if has_early_end(expanded) else without_secrets(error, hidden)
        raise EngineProblem([problems.cannot_connect(name, reason)]) from None
    return Warehouse(driver, folder, hidden)


def read_url(url: str, environment: Mapping[str, str]) -> tuple[str, Scheme | None]:
    """A URL, or that of the profile of a name, with its variables replaced, and what its scheme is known for. Raises
    EngineProblem."""
    expanded = profile_url(url, environment) if is_profile(url) else expand_url(url, environment)
    return expanded, SCHEMES.get(expanded.partition(":")[0].lower())


def environment_secrets(environment: Mapping[str, str]) -> list[str]:
    """What the environment keeps under names such as `PGPASSWORD` and `SNOWFLAKE_TOKEN`."""
    found = [value for name, value in environment.items() if _SECRET_NAME.search(name) and len(value) > 3]
    return list(dict.fromkeys(text for value in found for text in (value, quote(value, safe=""))))
