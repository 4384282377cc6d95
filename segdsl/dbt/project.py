"""The files of a dbt project that evaluates a catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from segdsl.catalog import Definition
from segdsl.dbt.compiled import Writer
from segdsl.dbt.groups import Group, make_groups
from segdsl.dbt.jinja import Places, escaped_all, literal
from segdsl.dbt.sources import Sources
from segdsl.engines.engine import Engine
from segdsl.evaluator import Evaluator
from segdsl.model.model import Model
from segdsl.options import By
from segdsl.plan.about import listed, title_of
from segdsl.program import Output
from segdsl.sql import Dialect
from segdsl.sql.names import Names, ascii_plain

# the first line of every file: what has it may be replaced, and taken away
MARK = "Written by `segdsl export dbt`"
_YAML_MARK = f"# {MARK}: changes are lost with the next export.\n"
_SQL_MARK = f"{{# {MARK}: changes are lost with the next export. #}}\n"
_MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?"
_PLAIN_LABEL = re.compile(r"[\w -]+")


def project_files(
    evaluator: Evaluator, session: Engine | None, dialect: Dialect, by: By, version: str
) -> dict[str, str]:
    """The texts of the project by their paths; `session` is where types are looked at. Raises SegdslError."""
    catalog = evaluator.catalog
    evaluator.without_errors()
    known = "\n".join([repr(catalog.model), *(repr(item.tree) for item in catalog.definitions.values())])
    places = Places(known)
    writer = Writer(evaluator, session, dialect, places, Sources(catalog.model, dialect, places))
    keys = {name: entity.key.column for name, entity in catalog.model.entities.items()}
    groups = make_groups(evaluator.outputs, catalog.definitions, keys, by)
    return _Project(evaluator, writer, groups, by, version).files()


@dataclass(frozen=True)
class _Project:
    evaluator: Evaluator
    writer: Writer
    groups: Sequence[Group]
    by: By
    version: str

    @property
    def model(self) -> Model:
        return self.evaluator.catalog.model

    @property
    def name(self) -> str:
        return f"segdsl_{ascii_plain(self.model.name).lower()}"

    def files(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for path, text in self._files():
            assert path not in found, f"two files are called {path}"
            found[path] = text
        return found

    def _files(self) -> Iterator[tuple[str, str]]:
        yield "dbt_project.yml", _YAML_MARK + self._project()
        yield "macros/segdsl_as_of.sql", _SQL_MARK + self._as_of()
        for group in self.groups:
            yield f"models/{group.model}.sql", _SQL_MARK + self.writer.wide(group)
            models = [self._wide(group)]
            if group.has_members:
                view = "{{ config(materialized='view') }}\n" + self.writer.members(group)
                yield f"models/{group.members}.sql", _SQL_MARK + view
                models.append(self._members(group.members, [group]))
            yield f"models/{group.model}.yml", _as_yaml({"version": 2, "models": models})
        if self.by != "entity":
            yield from self._all_members()
        yield from self._tests()
        yield "models/sources.yml", _as_yaml({"version": 2, "sources": self.writer.sources.described()})
        exposures = list(self._exposures())
        if exposures:
            yield "models/exposures.yml", _as_yaml({"version": 2, "exposures": exposures})

    def _definition(self, output: Output) -> Definition:
        return self.evaluator.catalog.definitions[output.name]

    def _project(self) -> str:
        return _dump(
            {
                "name": self.name,
                "version": self.version,
                "config-version": 2,
                "profile": self.name,
                "model-paths": ["models"],
                "macro-paths": ["macros"],
                "test-paths": ["tests"],
                "flags": {"require_generic_test_arguments_property": True},
                "models": {self.name: {"+materialized": "table"}},
            }
        )

    def _as_of(self) -> str:
        """The macro that gives the moment: the var's, else the model's, else when the run started, on its clocks."""
        given = self.model.as_of
        if given is None:
            now = f"run_started_at.astimezone(modules.pytz.timezone({literal(self.model.timezone)}))"
            default = f"{now}.strftime('%Y-%m-%d %H:%M:%S')"
        else:
            default = literal(self.evaluator.moment(None).isoformat(sep=" "))
        wrong = "segdsl_as_of is a date or a time as 2026-03-31 or 2026-03-31T18:30, found "
        return f"""\
{{% macro segdsl_as_of() -%}}
{{%- set given = (var('segdsl_as_of', none) or {default}) | string -%}}
{{%- set text = given.replace('T', ' ') -%}}
{{%- if not modules.re.fullmatch({literal(_MOMENT)}, text) -%}}
{{{{ exceptions.raise_compiler_error({literal(wrong)} ~ given) }}}}
{{%- endif -%}}
'{{{{ text ~ (' 00:00:00' if text | length == 10 else ':00' if text | length == 16 else '') }}}}'
{{%- endmacro %}}
"""

    # ------------------------------------------------------------ what is said of models

    def _wide(self, group: Group) -> dict[str, object]:
        columns: list[dict[str, object]] = [
            {"name": group.key, "quote": True, "description": f"The key of the {group.entity}.",
             "data_tests": ["unique", "not_null"]}
        ]  # fmt: skip
        for output in group.outputs:
            definition = self._definition(output)
            said = listed(definition)
            meta = {"segdsl": output.name, "kind": output.kind, "title": title_of(definition), "owner": said.owner}
            column: dict[str, object] = {
                "name": group.columns[output.name],
                "quote": True,
                "description": said.description,
                "config": {"meta": {key: value for key, value in meta.items() if value}, "tags": _tags(said.tags)},
            }
            if output.kind == "segment":
                column["data_tests"] = ["not_null"]
            elif output.kind == "segmentation":
                column["data_tests"] = [self._accepted(output.labels)]
            columns.append(column)
        names = ", ".join(output.name for output in group.outputs)
        about = f"A row per {group.entity}, a column per definition: {names}."
        return self._described(group.model, about, [group], columns)

    def _members(self, model: str, groups: Sequence[Group]) -> dict[str, object]:
        segments: list[str] = []
        for group in groups:
            for output in group.outputs:
                if output.kind == "segmentation":
                    segments.extend(f"{output.name}.{label}" for label in output.labels)
                elif output.kind == "segment":
                    segments.append(output.name)
        entity, key = groups[0].entity, groups[0].members_key
        columns: list[dict[str, object]] = [
            {"name": "segment", "quote": True, "description": "The segment, or segmentation.label.",
             "data_tests": ["not_null", self._accepted(segments)]},
            {"name": key, "quote": True, "description": f"The key of the {entity}.", "data_tests": ["not_null"]},
        ]  # fmt: skip
        return self._described(model, f"A row per segment and {entity} in it.", groups, columns)

    def _described(
        self, name: str, about: str, groups: Sequence[Group], columns: list[dict[str, object]]
    ) -> dict[str, object]:
        said = [listed(self._definition(output)) for group in groups for output in group.outputs]
        owners = list(dict.fromkeys(item.owner for item in said if item.owner))
        tags = list(dict.fromkeys(tag for item in said for tag in item.tags))
        config = {"meta": {"owner": ", ".join(owners)} if owners else {}, "tags": ["segdsl", *_tags(tags)]}
        return {"name": name, "description": about, "config": config, "columns": columns}

    def _accepted(self, labels: Sequence[str]) -> dict[str, object]:
        """The test that a column holds nothing else; as literals where dbt's own quotes would not do."""
        if all(_PLAIN_LABEL.fullmatch(label.replace(".", "")) for label in labels):
            return {"accepted_values": {"arguments": {"values": list(labels)}}}
        quoted = [self.writer.literal(label) for label in labels]
        return {"accepted_values": {"arguments": {"values": quoted, "quote": False}}}

    def _all_members(self) -> Iterator[tuple[str, str]]:
        for entity in dict.fromkeys(group.entity for group in self.groups if group.has_members):
            groups = [group for group in self.groups if group.entity == entity and group.has_members]
            model = groups[0].all_members
            sql = "{{ config(materialized='view') }}\n" + self.writer.all_members(groups)
            yield f"models/{model}.sql", _SQL_MARK + sql
            yield f"models/{model}.yml", _as_yaml({"version": 2, "models": [self._members(model, groups)]})

    # ------------------------------------------------------------ tests and exposures

    def _tests(self) -> Iterator[tuple[str, str]]:
        taken = Names(allowed="plain", limit=60)
        program = self.evaluator.checked().done().program
        for item in program.expectations:
            key = self.model.entities[item.output.entity].key.column
            about = "_".join(name.definition for name in item.names)
            test = taken.take(f"expect_{item.kind}_{about}")
            # how many members are expected is said of the present alone
            present = "{{ config(enabled=not var('segdsl_as_of', none)) }}\n" if item.kind == "between" else ""
            # what is downstream of these models waits for the test; without them, all that reads the sources would
            held = {name.definition for name in item.names}
            after = [group.model for group in self.groups if any(each.name in held for each in group.outputs)]
            wait = "".join(f"-- depends_on: {{{{ ref({literal(model)}) }}}}\n" for model in after)
            yield f"tests/{test}.sql", _SQL_MARK + present + wait + self.writer.expectation(item, key)
        read = {part for part in self._parts() if part[0] != "event"}
        for kind, name in sorted(read):
            part = self.model.entities[name] if kind == "entity" else self.model.lookups[name]
            if part.table is not None or part.sql is not None:
                sql = self.writer.repeated_keys(kind, name, part.key.column)
                yield f"tests/{taken.take(f'keys_of_{kind}_{name}')}.sql", _SQL_MARK + sql

    def _parts(self) -> Iterator[tuple[str, str]]:
        from segdsl.plan import make_plan

        program = self.evaluator.checked().done().program
        for group in self.groups:
            yield from make_plan(program, group.outputs).parts(self.model)

    def _exposures(self) -> Iterator[dict[str, object]]:
        """One per tag: what goes to somebody, and through which models."""
        tagged: dict[str, list[tuple[Group, Output]]] = {}
        for group in self.groups:
            for output in group.outputs:
                for tag in listed(self._definition(output)).tags:
                    tagged.setdefault(tag, []).append((group, output))
        taken = Names(allowed="plain")
        for tag, found in tagged.items():
            owners = list(dict.fromkeys(listed(self._definition(output)).owner for _, output in found))
            owner = ", ".join(each for each in owners if each)
            models = dict.fromkeys(
                name for group, output in found
                for name in (group.model, *([group.members] if output.kind != "trait" else []))
            )  # fmt: skip
            yield {
                "name": taken.take(f"{self.name}_{tag}"),
                "label": tag,
                "type": "application",
                "owner": {"name": owner or self.model.name},
                "description": f"Tagged {tag}: {', '.join(output.name for _, output in found)}.",
                "depends_on": [f"ref({literal(name)})" for name in models],
            }


def _tags(tags: Sequence[str]) -> list[str]:
    """Tags as dbt selects by them."""
    return [re.sub(r"\W+", "_", tag) for tag in tags]


def _dump(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)


def _as_yaml(value: dict[str, object]) -> str:
    """A file of properties."""
    return _YAML_MARK + _dump(escaped_all(value))
