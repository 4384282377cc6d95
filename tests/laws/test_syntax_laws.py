"""The laws of text and tree: what is printed reads as the same tree, and nothing that a file says gets lost."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segdsl.diagnostics import Source
from segdsl.syntax import tree
from segdsl.syntax.formatter import format_source
from segdsl.syntax.module_printer import print_module
from segdsl.syntax.parser import parse, parse_customer, parse_value
from segdsl.syntax.printer import print_definition, print_expr
from tests.laws.trees import SOFT, definitions, expressions, modules

EXAMPLES = int(os.environ.get("SEGDSL_EXAMPLES", "200"))
law = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
law_of_files = settings(law, max_examples=max(EXAMPLES // 4, 1))  # which take longer

PROGRAM = """\
## Bought at least three times, the last time within 90 days.
@owner("crm") @tags(retention, email)
segment loyal = last_purchase < 90d and orders >= 3 # good

param recent = 90d
trait spend(window = 365d) = sum(order.amount from 180d to 90d ago where channel in ("web", 'app'))
segment key_accounts of account = count(customer where orders > 0) >= 3 or not a is known
segmentation tier among orders > 0 {
  platinum when total_spend between 5_000 and 10_000 # rich
  `in`     when rank(total_spend among country = "DE" per channel) <= 100
  silver   otherwise
}
use rfm(scale: 4) as rfm4
segment lost = (vip as of 90d ago) as of 2026-01-31T18:30:00Z and t in 2026-Q1 and t within next 30d
segment path = sequence(view where category = "shoes" then no order within 24h same product)
trait price = case when a then -x * (3 + 4) else 1.5 end
example not in loyal: as of 2026-01-01, country = "DE", order(10d ago, amount: 30), interests = ("a",)
expect loyal between 2% and 40%
"""


def test_the_program_that_is_mutated_is_valid() -> None:
    assert parse(Source("program", PROGRAM)).diagnostics == ()


@law
@given(expressions)
def test_an_expression_reads_as_it_was_printed(expr: tree.Expr) -> None:
    text = print_expr(expr)
    assert parse_value(Source("expression", text)) == (expr, ())
    assert "\n" not in text


@law
@given(definitions)
def test_a_definition_reads_as_it_was_printed(definition: tree.Definition) -> None:
    parsed = parse(Source("definition", print_definition(definition)))
    assert parsed.diagnostics == ()
    assert parsed.module.definitions == (definition,)


@law_of_files
@given(modules)
def test_a_file_reads_as_it_was_printed_and_is_then_formatted(module: tree.Module) -> None:
    text = print_module(module)
    parsed = parse(Source("module", text))
    assert parsed.diagnostics == ()
    assert parsed.module.definitions == module.definitions
    formatted = format_source(parsed.module.source)
    assert (formatted.text, formatted.changed) == (text, False)


_TOKEN = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|`[^`\n]*`|#[^\n]*|[\w.:%-]*\d[\w.:%-]*(?:\+\d\d:\d\d)?|\w+|<=|>=|!=|\S")
_COMMENTS = st.tuples(
    st.sampled_from([" ", "\n", "\n\n", ""]),
    st.sampled_from(["#", "# ", "## ", "###", "#\t"]),
    st.sampled_from(["", "a", "segment x = y", '"', "`", "é (", ") #"]),
)


@law_of_files
@given(modules, st.data())
def test_comments_are_never_lost(module: tree.Module, data: st.DataObject) -> None:
    text = print_module(module)
    places = [match.start() for match in _TOKEN.finditer(text) if not match.group().startswith("#")] + [len(text)]
    chosen = data.draw(st.lists(st.sampled_from(places), max_size=4, unique=True))
    written = []
    for place in sorted(chosen, reverse=True):
        before, mark, words = data.draw(_COMMENTS)
        written.append(f"{mark}{words}")
        text = f"{text[:place]}{before}{mark}{words}\n{text[place:]}"
    parsed = parse(Source("module", text))
    assert "\n".join(each.render() for each in parsed.diagnostics) == ""
    assert [_undescribed(each) for each in parsed.module.definitions] == [
        _undescribed(each) for each in module.definitions
    ]
    formatted = format_source(parsed.module.source)
    found = [_plain(comment.text) for comment in parse(Source("module", formatted.text)).module.comments]
    for comment in written:
        if _plain(comment):
            assert found.count(_plain(comment)) >= sum(_plain(each) == _plain(comment) for each in written)
    again = format_source(Source("module", formatted.text))
    assert (again.text, again.changed) == (formatted.text, False)


def _plain(comment: str) -> str:
    return comment.lstrip("# \t").rstrip()


def _undescribed(definition: tree.Definition) -> tree.Definition:
    return replace(definition, head=replace(definition.head, description=""))


_ALPHABET = st.one_of(
    st.characters(),
    st.sampled_from([*SOFT, "segment", "trait x =", "(", ")", '"', "`", "#", "\n", "@", "5m", "2026-", " ", "²", "٣"]),
)


@law
@given(st.lists(_ALPHABET, max_size=40).map("".join))
@example("segment a = 3²")
@example("trait ٣")
@example("\ud800")
def test_no_text_makes_the_parser_raise(text: str) -> None:
    source = Source("any", text)
    parse(source)
    parse_value(source)
    parse_customer(source)
    format_source(source)


@law
@given(st.data())
def test_no_mutation_of_a_program_makes_the_parser_or_the_formatter_raise(data: st.DataObject) -> None:
    text = PROGRAM
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        end = min(len(text), at + data.draw(st.integers(1, 6)))
        match data.draw(st.sampled_from(["delete", "double", "swap", "move"])):
            case "delete":
                text = text[:at] + text[end:]
            case "double":
                text = text[:end] + text[at:]
            case "swap":
                text = text[:at] + text[at:end][::-1] + text[end:]
            case _:
                to = data.draw(st.integers(0, len(text)))
                text = text[:to] + text[at:end] + text[to:]
    formatted = format_source(Source("program", text))
    for diagnostic in formatted.diagnostics:
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        diagnostic.render()
