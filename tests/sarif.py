"""Holds SARIF against its schema.

`sarif-schema.json` is the schema of SARIF 2.1.0 (OASIS, https://docs.oasis-open.org/sarif/sarif/v2.1.0/) without its
descriptions.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema


@cache
def _validator() -> Any:
    schema = json.loads(Path(__file__).with_name("sarif-schema.json").read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def problems_of(document: Any) -> list[str]:
    """What is not as the schema wants it."""
    return [f"{list(error.absolute_path)}: {error.message}" for error in _validator().iter_errors(document)]
