"""As what the columns of files are read: what the model says of them, and what their first rows do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sqlglot import exp

from segdsl.engines.columns import kind_of
from segdsl.engines.engine import Engine
from segdsl.engines.lineage import sources_of
from segdsl.engines.sources import (
    SEARCHED,
    FileRelation,
    ReadAs,
    Relation,
    SelectRelation,
    Types,
    files_of,
    with_values,
)
from segdsl.engines.texts import STATED_DAY, TEMPORAL, stated_key, value_of, values_of
from segdsl.types import Kind, Type

_READ_AS = {Kind.TEXT: "VARCHAR", Kind.DECIMAL: "DECIMAL(38,10)", Kind.LIST: "VARCHAR[]"}
_TEXT, _DECIMAL, _LIST = _READ_AS.values()
# as what a key can be a number
_NUMBERS = ("BIGINT", "HUGEINT", "DOUBLE")
# what takes nothing but a text, and means something else of no other type
_OF_TEXT = (
    *(exp.StrToTime, exp.Replace, exp.Like, exp.ILike, exp.SimilarTo, exp.RegexpLike, exp.RegexpReplace),
    *(exp.RegexpExtract, exp.Upper, exp.Lower, exp.Trim, exp.Substring, exp.Left, exp.Right, exp.SplitPart, exp.Split),
    *(exp.StartsWith, exp.Contains, exp.Length, exp.Pad),
)
_TEXT_FUNCTIONS = ("try_strptime", "strip_accents", "prefix", "suffix")
# words that are values of numbers, truths or times
_VALUES = frozenset(
    (
        *("true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "nan", "inf", "infinity", "-inf", "-infinity"),
        *("epoch", "now", "today", "yesterday", "tomorrow"),
    )
)
# what DuckDB takes texts of JSON for that are nothing in the language but texts
_GUESSED = ("UUID", "TIME", "BLOB")

# the columns of a file, with what DuckDB takes them for
_Natives = Callable[[FileRelation], tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class PartColumns:
    """What a model says of the columns of a part: the types stated, all that it reads, and those of these that are
    keys, its own or of others."""

    stated: Mapping[str, Type]
    read: Sequence[str]
    keys: frozenset[str]

    def of_kind(self, kind: Kind) -> list[str]:
        return [column for column, type_ in self.stated.items() if type_.kind is kind]


class FileReader:
    """Chooses as what the columns of the files of a relation are read. Where two are read from one file, it is looked
    at once."""

    def __init__(self, engine: Engine, zone: str) -> None:
        self.engine = engine
        self.zone = zone
        self.sniffed = cache(self._sniff)
        self.searched = cache(self._search)

    def choices(self, relation: Relation, columns: PartColumns) -> Iterator[Types]:
        """The ways to read the files, best first. A `sql` may make a number of what is none yet, as
        `CAST(replace(total, ',', '.') AS DECIMAL) AS total` does, or read a day in a format of its own: where DuckDB
        refuses one way, it takes the next. The last ways are for columns that no first row of a JSON file has."""
        files = [file for file in files_of(relation) if file.format != "parquet"]
        if not files:
            yield lambda _: None
            return
        yield from self._ways(relation, files, columns, self.sniffed)
        if any(file.format == "json" for file in files):
            yield from self._ways(relation, files, columns, self.searched)

    def _ways(
        self, relation: Relation, files: list[FileRelation], columns: PartColumns, natives: _Natives
    ) -> Iterator[Types]:
        if not isinstance(relation, SelectRelation):
            yield self._chosen(relation, files, columns, natives)
            return
        words = held_against_words(relation.select)
        yield self._chosen(relation, files, columns, natives, texts=words)
        yield self._chosen(relation, files, columns, natives, only_same=True, texts=words)
        texts = words | read_as_texts(relation.select)
        yield self._chosen(relation, files, columns, natives, only_same=True, texts=texts)

    def _chosen(
        self,
        relation: Relation,
        files: list[FileRelation],
        columns: PartColumns,
        natives: _Natives,
        only_same: bool = False,
        texts: frozenset[str] = frozenset(),
    ) -> Types:
        by_name, by_file = _stated_words(relation, columns, only_same)
        names = _Names(relation, columns)
        chosen: dict[FileRelation, ReadAs] = {}
        for file in files:
            words = by_name | by_file.get(file, {})
            read = self._of_csv if file.format == "csv" else self._of_json
            known = dict(natives(file))
            # files without rows do not say what columns they have: they are those that are read
            there = known or {name: _LIST if words.get(name) == _LIST else _TEXT for name in names.read}
            chosen[file] = replace(read(file, there, names, words, texts), is_empty=not known)
        return chosen.get

    def _of_csv(
        self,
        file: FileRelation,
        natives: dict[str, str],
        names: _Names,
        words: Mapping[str, str],
        texts: frozenset[str],
    ) -> ReadAs:
        types = {} if file.heads else natives
        free = {name: native for name, native in natives.items() if name.casefold() not in words}
        keys = frozenset(name for name in free if name.casefold() in names.keys)
        values = {name: stated_key(name) for name in keys if name.casefold() in names.whole}
        guessed = {
            name: _as_stated(native, name, names)
            for name, native in free.items()
            if name not in values and (name in keys or (names.is_mentioned(name) and name.casefold() not in texts))
        }
        # a key that looks like a time or a truth is a text
        guessed = {name: native for name, native in guessed.items() if name not in keys or native in _NUMBERS}
        values |= values_of(file, guessed, keys, self.zone, self.engine, types)
        for name in natives:
            word = words.get(name.casefold())
            if word == _DECIMAL and names.is_mentioned(name) and name.casefold() not in texts:
                values[name] = value_of(name, word, self.zone)
        return ReadAs(types, values)

    def _of_json(
        self,
        file: FileRelation,
        natives: dict[str, str],
        names: _Names,
        words: Mapping[str, str],
        texts: frozenset[str],
    ) -> ReadAs:
        types = {
            name: _TEXT if name.casefold() in texts else _of_json(native, words.get(name.casefold()))
            for name, native in natives.items()
        }
        # a time that DuckDB sees in a text may be one by a format that it guesses
        times = {name: type_ for name, type_ in types.items() if type_ in TEMPORAL and names.is_known(name)}
        types |= dict.fromkeys(times, _TEXT)
        mentioned = {
            name: _as_stated(times.get(name, type_), name, names)
            for name, type_ in types.items()
            if type_ == _TEXT and name.casefold() not in {*words, *texts} and names.is_mentioned(name)
        }
        values = values_of(file, mentioned, frozenset(), self.zone, self.engine, types)
        return ReadAs({} if types == dict(self.sniffed(file)) else types, values)

    def _sniff(self, file: FileRelation) -> tuple[tuple[str, str], ...]:
        if file.format == "csv" and not file.heads:
            return ()
        return tuple(self.engine.describe(file, what=f"file `{file.paths[0]}`").items())

    def _search(self, file: FileRelation) -> tuple[tuple[str, str], ...]:
        """The columns that any row of JSON files has, for which all are read; none where no row has any."""
        if file.format != "json":
            return self.sniffed(file)
        what = f"file `{file.paths[0]}`"
        found = self.engine.describe(file, lambda _: SEARCHED, what)
        if list(found) != ["json"]:
            return tuple(found.items())
        is_empty = not self.engine.fetch(with_values(file).sql(dialect="duckdb"), what)
        return () if is_empty else tuple(found.items())


class _Names:
    """What is said of the columns of files by their names, in small letters."""

    def __init__(self, relation: Relation, columns: PartColumns) -> None:
        self._select = relation.select if isinstance(relation, SelectRelation) else None
        self._mentioned = None if self._select is None else mentioned_in(self._select)
        self._known = frozenset(name.casefold() for name in columns.read)
        self.read = self._sources(columns.read)
        self.keys = self._sources(columns.keys, only_same=True)
        self.whole = self._sources(columns.of_kind(Kind.INT), only_same=True)
        self.times = self._sources(columns.of_kind(Kind.TIME))
        self.days = self._sources(columns.of_kind(Kind.DATE))

    def is_mentioned(self, name: str) -> bool:
        """Whether a `sql` does something with a column, by its type."""
        if self._select is None:
            return False
        return self._mentioned is None or name.casefold() in self._mentioned

    def is_known(self, name: str) -> bool:
        return self.is_mentioned(name) or name.casefold() in self._known

    def _sources(self, columns: Iterable[str], only_same: bool = False) -> frozenset[str]:
        """The columns of files that columns of the part are, under whatever name, or of their name that they are made
        of, unless `only_same`."""
        found: set[str] = set()
        for column in columns:
            sources = None if self._select is None else sources_of(self._select, column)
            if sources is None:
                found.add(column.casefold())
            else:
                found |= {source.column for source in sources if source.is_same or not only_same}
        return frozenset(found)


def mentioned_in(select: exp.Query) -> frozenset[str] | None:
    """The names in a SELECT, in small letters, but for columns that it only hands on; None where it may do something
    with columns that it does not name."""
    if any(select.find(kind) for kind in (exp.SetOperation, exp.Columns, exp.Pivot)):
        return None
    if any(join.method == "NATURAL" for join in select.find_all(exp.Join)):
        return None
    if any(_looks_at_all(item) for item in select.find_all(exp.Select)):
        return None
    bare: list[exp.Expr] = []
    is_simple = len(list(select.find_all(exp.Select))) == 1
    if isinstance(select, exp.Select) and is_simple and not select.args.get("order"):
        bare = [item for item in select.selects if isinstance(item.unalias(), exp.Column) and not item.is_star]
    handed_on = {id(name) for item in bare for name in item.find_all(exp.Identifier)}
    found = {name.name.casefold() for name in select.find_all(exp.Identifier) if id(name) not in handed_on}
    by_alias = {item.unalias().name.casefold() for item in bare if item.alias_or_name.casefold() in found}
    return frozenset(found | by_alias)


def _looks_at_all(select: exp.Select) -> bool:
    """Whether rows are told apart, or put in order, by columns that are not named there."""
    group, order = select.args.get("group"), select.args.get("order")
    by = [item for clause in (group, order) if clause is not None for item in clause.expressions]
    is_all = group is not None and bool(group.args.get("all"))
    return is_all or select.args.get("distinct") is not None or any(item.find(exp.Column) is None for item in by)


def read_as_texts(select: exp.Query) -> frozenset[str]:
    """The names of columns, in small letters, that a SELECT hands to functions of texts, and does nothing else with but
    to hand them on. Those can be texts, and no comparison and no order goes by letters."""
    texts: set[str] = set()
    others: set[str] = set()
    for column in select.find_all(exp.Column):
        parent = column.parent
        name = column.name.casefold()
        if _is_of_text(parent, column):
            texts.add(name)
        elif not (isinstance(parent, exp.Select) and column.arg_key == "expressions"):
            others.add(name)
    for join in select.find_all(exp.Join):
        others.update(name.name.casefold() for name in join.args.get("using") or ())
    return frozenset(texts - others)


def held_against_words(select: exp.Query) -> frozenset[str]:
    """The names of columns, in small letters, that `nullif(age, 'N/A')` makes unknown where they are a word, of those
    that can be texts. They are texts in files where no row has the word too, where else they would be numbers, which
    cannot be held against it."""
    held = {column.name.casefold() for column in select.find_all(exp.Column) if _is_held(column.parent, column)}
    return read_as_texts(select) & held if held else frozenset()


def _is_held(node: exp.Expr | None, column: exp.Column) -> bool:
    if not (isinstance(node, exp.Nullif) and node.this is column):
        return False
    around: exp.Expr = node
    while isinstance(around, exp.Nullif) and isinstance(around.parent, exp.Nullif | exp.Alias):
        around = around.parent
    # what is compared, summed or put in order is left to be refused: as a text it would go by letters
    is_handed_on = isinstance(around.parent, exp.Select | exp.Star) and isinstance(around, exp.Nullif | exp.Alias)
    return _is_word(node.expression) and (is_handed_on or isinstance(around.parent, exp.Cast))


def _is_word(node: exp.Expr) -> bool:
    """Whether a text can be no number, truth or time; `0000-00-00` is none either."""
    if not (isinstance(node, exp.Literal) and node.is_string):
        return False
    text = node.name.strip().casefold()
    digits = {letter for letter in text if letter.isdigit()}
    return bool(text) and text not in _VALUES and (not digits or (digits == {"0"} and text.count("-") > 1))


def _is_of_text(node: exp.Expr | None, column: exp.Column) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.casefold() in _TEXT_FUNCTIONS and node.expressions[0] is column
    return (isinstance(node, _OF_TEXT) and node.this is column) or _is_held(node, column)


def _as_stated(native: str, name: str, names: _Names) -> str:
    """What DuckDB takes a column for, or the time or day that the model states: days may have times later on."""
    if native != "DATE":
        return native
    return "TIMESTAMP" if name.casefold() in names.times else STATED_DAY if name.casefold() in names.days else native


def _of_json(native: str, word: str | None) -> str:
    """As what a column of JSON is read: its own type is a guess from texts that look like a date or a UUID."""
    if native in _GUESSED:
        native = _TEXT
    is_list = native.endswith("[]")
    if word is None or "(" in native or is_list != (word == _LIST):
        return native
    # texts become decimals behind the reader, which would not say of which column one is none
    return native if word == _DECIMAL and native != "JSON" and kind_of(native) != "number" else word


def _stated_words(
    relation: Relation, columns: PartColumns, only_same: bool
) -> tuple[dict[str, str], dict[FileRelation, dict[str, str]]]:
    """As what columns are read that are stated as text, decimal or a list, by their names in small letters: of all
    files, and of one.

    What is stated is said of the columns of a `sql`. Files have it where a column of theirs is that column, under
    whatever name (unless the model reads it otherwise too), or where the expression behind it reads one of its name
    (unless `only_same`): a column of that name that has nothing to do with it stays as it is.
    """
    words = {column: _READ_AS[type_.kind] for column, type_ in columns.stated.items() if type_.kind in _READ_AS}
    if not isinstance(relation, SelectRelation):
        return {column.casefold(): word for column, word in words.items()}, {}
    by_name: dict[str, str] = {}
    by_file: dict[FileRelation, dict[str, str]] = {}
    free = {
        source for column in columns.read if column not in words for source in sources_of(relation.select, column) or ()
    }
    for column, word in words.items():
        sources = sources_of(relation.select, column)
        if sources is None:
            by_name[column.casefold()] = word
        for source in sources or ():
            if source.column == column.casefold():
                if source.is_same or not only_same:
                    by_name[source.column] = word  # of all files: they may be joined by it
            elif source.is_same and source not in free:
                file = relation.named.get(source.table)
                if isinstance(file, FileRelation):
                    by_file.setdefault(file, {})[source.column] = word
    return by_name, by_file
