"""Writes the pages of docs/ that other files say already: functions.md, metrics.md, problems.md and a page per code.

Run it in the root of the repository with `python docs/generate.py`; a test holds the pages against what it gives.
"""

from __future__ import annotations

import re
from pathlib import Path

from segdsl import rules
from segdsl.functions import AGGREGATES, BANDS, FUNCTIONS, HISTORY, OPERATORS, SAMPLE, SCORES, Function, Parameter
from segdsl.metrics.template import shipped

DOCS = Path(__file__).parent
_WRITTEN = "<!-- written by docs/generate.py -->"
_SECTIONS = {
    "SEG1": "How it is written",
    "SEG2": "Names",
    "SEG3": "Types",
    "SEG4": "Meaning",
    "SEG5": "Dialects",
    "SEG6": "Catalog and model",
    "SEG7": "Data and engines",
    "SEG8": "Advice",
}
_WORDS = {
    "moment": "date or time",
    "ordered": "values of one type that has an order",
    "scalar": "value that is no list",
    "any": "value of any type",
    "list": "list(text)",
}
_RESULTS = {"same": "the type of its arguments", "widest": "int where both are, else decimal", "bool": "true or false"}


def functions() -> str:
    """docs/functions.md, from the table of functions."""
    lines = [
        "# Functions and operators",
        "",
        _WRITTEN,
        "",
        "An operation on an unknown value is unknown, and a condition on one is false; language.md says where it is",
        "otherwise. `a != b` and `a not in (b, …)` are the exact opposites of `a = b` and `a in (b, …)`.",
        "",
        *_table("Operators", ("form", "takes", "gives"), [_operator(row) for row in OPERATORS]),
        *_table("Functions", ("form", "takes", "gives", "", "example"), [_function(row) for row in FUNCTIONS]),
        "`case when … then … else … end` chooses between values, and `x as of 90d ago` is the value that x had then.",
        "",
        *_table(
            "Aggregates over events",
            ("form", "", "over children too"),
            [(f"`{row.form}`", row.doc, "yes" if row.children else "") for row in AGGREGATES.values()],
        ),
        'A window and a condition may follow: `sum(order.amount within 90d where channel = "web")`.',
        "",
        *_table("Scores", ("form", ""), [(f"`{row.form}`", row.doc) for row in (*SCORES.values(), BANDS, SAMPLE)]),
        "Scores but `bands` and `sample` look at the whole population, or those `among`, in groups `per` some value:",
        "`quintile(total_spend among orders > 0 per country)`.",
        "",
        *_table("History", ("form", ""), [(f"`{row.form}`", row.doc) for row in HISTORY]),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def problems() -> str:
    """docs/problems.md, from the pages of the codes."""
    lines = [
        "# Problem codes",
        "",
        _WRITTEN,
        "",
        "Every message has a code. `segdsl rule SEG301` prints its page: why it is a problem, a bad and a good",
        "example, and what to do.",
        "",
    ]
    for prefix, heading in _SECTIONS.items():
        codes = [code for code in rules.codes() if code.startswith(prefix)]
        if codes:
            rows = [(f"[{code}](problems/{code}.md)", rules.title(code)) for code in codes]
            lines.extend(_table(heading, ("code", "says"), rows))
    return "\n".join(lines)


def metrics() -> str:
    """docs/metrics.md, from the heads of the shipped metrics."""
    lines = [
        "# Metrics",
        "",
        _WRITTEN,
        "",
        "What `segdsl metrics` can say of a segment. How to use and write them: [metrics](how-to/metrics.md).",
        "",
        "Over whom a metric goes: the members now; those of one period ago (*then*); both together (*either*).",
        "",
    ]
    for template in shipped().values():
        words = [f"**{template.title}.** {template.description}", ""]
        facts = [("unit", template.unit), ("higher is", template.higher_is), ("over", template.over)]
        facts.append(("needs", ", ".join(f"`{need}`" for need in template.needs) or "nothing"))
        facts.extend(
            (f"param `{param.name}`", f"`{param.default}`{f': {param.description}' if param.description else ''}")
            for param in template.params.values()
        )
        rows = [f"- {name}: {value}" for name, value in facts]
        sql = ["", "```jinja", *template.body.strip().splitlines(), "```", ""]
        lines.extend([f"## {template.name}", "", *words, *rows, *sql])
    return "\n".join(lines)


def problem(code: str) -> str:
    """docs/problems/CODE.md, from the page that `segdsl rule` prints."""
    title, text = rules.read(code).split("\n", 1)
    # a site takes one word behind the fence
    text = re.sub(r"^```(segdsl|yaml|\w+) (good|bad)\b.*$", r"```\1-\2", text, flags=re.MULTILINE)
    return f"{title}\n\n{_WRITTEN}\n{text.rstrip()}\n\n[All codes](../problems.md)\n"


def pages() -> dict[Path, str]:
    """The generated pages by their paths."""
    of_codes = {DOCS / "problems" / f"{code}.md": problem(code) for code in rules.codes()}
    return {
        DOCS / "functions.md": functions(),
        DOCS / "metrics.md": metrics(),
        DOCS / "problems.md": problems(),
        **of_codes,
    }


def _table(heading: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [f"## {heading}", ""]
    lines.append(f"| {' | '.join(columns)} |".replace("|  |", "| |"))
    lines.append(f"| {' | '.join('---' for _ in columns)} |")
    lines.extend(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows)
    return [*lines, ""]


def _function(row: Function) -> tuple[str, ...]:
    names = [f"{param.name}, …" if param.repeated else param.name for param in row.params]
    examples = ", ".join(f"`{example}`" for example in row.examples)
    return f"`{row.name}({', '.join(names)})`", _takes(row), _RESULTS.get(row.result, row.result), row.doc, examples


def _operator(row: Function) -> tuple[str, ...]:
    first, *others = (param.name for param in row.params)
    if row.name == "between":
        form = f"{first} between {others[0]} and {others[1]}"
    elif not others and row.params[0].repeated:
        form = f"{first} {row.name} b …"
    elif not others:
        form = f"{first} {row.name}" if row.name.startswith("is ") else f"{row.name} {first}"
    elif row.params[1].repeated:
        form = f"{first} {row.name} ({others[0]}, …)"
    else:
        form = f"{first} {row.name} {others[0]}"
    return f"`{form.replace('- a', '-a')}`", _takes(row), _RESULTS.get(row.result, row.result)


def _takes(row: Function) -> str:
    """What the parameters are: once where all are alike."""
    words = list(dict.fromkeys(_word(param) for param in row.params))
    if len(words) == 1:
        return words[0]
    return ", ".join(f"{param.name}: {_word(param)}" for param in row.params)


def _word(param: Parameter) -> str:
    word = _WORDS.get(param.word, param.word)
    return f"constant {word}" if param.constant else word


if __name__ == "__main__":
    (DOCS / "problems").mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
