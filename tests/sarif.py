"""What SARIF 2.1.0 asks of the objects that segdsl writes, after sections 3.13 to 3.55 of the standard (OASIS).

Objects hold no properties but those that the standard has; the ones named here are those that findings need.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field

_FromOne = Annotated[int, Field(ge=1)]
_Level = Literal["none", "note", "warning", "error"]


class _Object(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Message(_Object):
    text: Annotated[str, Field(min_length=1)]
    markdown: str | None = None


class _Artifact(_Object):
    uri: Annotated[str, Field(min_length=1)]
    uriBaseId: str | None = None  # noqa: N815  the standard's own name, as all below


class _Region(_Object):
    startLine: _FromOne  # noqa: N815
    startColumn: _FromOne | None = None  # noqa: N815
    endLine: _FromOne | None = None  # noqa: N815
    endColumn: _FromOne | None = None  # noqa: N815


class _Physical(_Object):
    artifactLocation: _Artifact  # noqa: N815
    region: _Region | None = None


class _Location(_Object):
    id: int | None = None
    physicalLocation: _Physical  # noqa: N815
    message: _Message | None = None


class _Content(_Object):
    text: str


class _Replacement(_Object):
    deletedRegion: _Region  # noqa: N815
    insertedContent: _Content | None = None  # noqa: N815


class _Change(_Object):
    artifactLocation: _Artifact  # noqa: N815
    replacements: Annotated[list[_Replacement], Field(min_length=1)]


class _Fix(_Object):
    description: _Message | None = None
    artifactChanges: Annotated[list[_Change], Field(min_length=1)]  # noqa: N815


class _Result(_Object):
    ruleId: str  # noqa: N815
    ruleIndex: Annotated[int, Field(ge=0)] | None = None  # noqa: N815
    level: _Level
    message: _Message
    locations: list[_Location] = []
    relatedLocations: list[_Location] = []  # noqa: N815
    fixes: list[_Fix] = []


class _Configuration(_Object):
    level: _Level


class _Rule(_Object):
    id: str
    name: str | None = None
    shortDescription: _Message | None = None  # noqa: N815
    fullDescription: _Message | None = None  # noqa: N815
    help: _Message | None = None
    helpUri: str | None = None  # noqa: N815
    defaultConfiguration: _Configuration | None = None  # noqa: N815


class _Driver(_Object):
    name: str
    version: str | None = None
    informationUri: str | None = None  # noqa: N815
    rules: list[_Rule] = []


class _Tool(_Object):
    driver: _Driver


class _Run(_Object):
    tool: _Tool
    columnKind: Literal["utf16CodeUnits", "unicodeCodePoints"] | None = None  # noqa: N815
    results: list[_Result]


class _Log(_Object):
    schema_: Annotated[str, Field(alias="$schema")]
    version: Literal["2.1.0"]
    runs: list[_Run]


def problems_of(document: Any) -> list[str]:
    """What is not as the standard wants it."""
    try:
        _Log.model_validate(document)
    except pydantic.ValidationError as error:
        return [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return []
