"""BigQuery by Google's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from segdsl.engines import inventory
from segdsl.engines.drivers.driver import Refused
from segdsl.engines.inventory import Declared
from segdsl.sql import Dialect
from segdsl.sql.dialects import BIGQUERY

if TYPE_CHECKING:
    import pyarrow

# types as the client names them, and DuckDB's words for what holds the same
_WORDS = {
    "INTEGER": "BIGINT",
    "INT64": "BIGINT",
    "FLOAT": "DOUBLE",
    "FLOAT64": "DOUBLE",
    "NUMERIC": "DECIMAL(38,9)",
    "BIGNUMERIC": "NUMERIC",
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
    "STRING": "VARCHAR",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
}


class BigQuery:
    """A session: `bigquery://project/dataset`, `?location=EU`. Who one is comes from the environment, as for every
    client of Google's (`GOOGLE_APPLICATION_CREDENTIALS`, `gcloud auth application-default login`).

    Every question is one SELECT, a job of its own; its columns are looked at by a dry run, which costs nothing.
    """

    dialect: Dialect = BIGQUERY

    def __init__(self, url: str) -> None:
        """Connects, and pins what jobs mean; raises Refused where that cannot be."""
        import requests
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import bigquery

        self.errors: tuple[type[BaseException], ...] = (GoogleAPIError, GoogleAuthError, requests.RequestException)
        parts = urlsplit(url)
        self._project, self._dataset = unquote(parts.netloc), unquote(parts.path.strip("/"))
        if not self._project or not self._dataset or "@" in self._project:
            raise Refused("its URL names no project and dataset", "it is written as `bigquery://project/dataset`")
        self._job: Any = bigquery.QueryJobConfig(
            default_dataset=f"{self._project}.{self._dataset}",
            use_legacy_sql=False,
            connection_properties=[bigquery.ConnectionProperty("time_zone", "UTC")],
        )
        location = dict(parse_qsl(parts.query)).get("location")
        self._client: Any = bigquery.Client(project=self._project, location=location)

    def execute(self, sql: str) -> None:
        self._client.query(sql, job_config=self._job).result()

    def stream(self, sql: str) -> pyarrow.RecordBatchReader:
        import pyarrow as pa

        found = self._client.query(sql, job_config=self._job).result().to_arrow(create_bqstorage_client=False)
        schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in found.schema])

        def batches() -> Iterator[pyarrow.RecordBatch]:
            yield from found.cast(schema).to_batches()

        return pa.RecordBatchReader.from_batches(schema, batches())

    def columns(self, select: str) -> dict[str, str]:
        from google.cloud import bigquery

        config: Any = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False)
        job = self._client.query(select, job_config=config._fill_from_default(self._job))
        return {field.name: _word(field) for field in job.schema}

    def declared(self, schema: str | None) -> Declared:
        place = schema or self._dataset
        tables = [item.table_id for item in self._client.list_tables(f"{self._project}.{place}")]
        return Declared(place, place == self._dataset, inventory.shared(sorted(tables)))

    def begin(self) -> None:
        """What is put in place is put there by one statement."""

    def commit(self) -> None:
        """Nothing is kept back."""

    def rollback(self) -> None:
        """Nothing can be taken back."""

    def close(self) -> None:
        self._client.close()


def _word(field: Any) -> str:
    word = _WORDS.get(field.field_type, field.field_type)
    return f"{word}[]" if field.mode == "REPEATED" else word


def _plain(type_: pyarrow.DataType) -> pyarrow.DataType:
    """Numbers of seventy-six digits as those of the language, times as clocks show them in UTC."""
    import pyarrow as pa

    if pa.types.is_decimal256(type_):
        return pa.decimal128(38, 10)
    return pa.timestamp("us") if pa.types.is_timestamp(type_) else type_
