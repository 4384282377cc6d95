"""The model's `sql:`, which is DuckDB's, in another dialect: only what is known to keep its meaning is translated.

sqlglot writes nearly everything in every dialect, and now and then another value comes out without a warning: weeks
that start on Sunday, decimals that are cut, texts that are equal in another letter case. So a SELECT is read here word
by word. Each word that may stand in one is known, and so is what it is said of: the types of the columns of base
tables, where these are at hand, and what follows from them. Columns that an operation looks at are read as the language
reads them, in a SELECT around their table; values are written by the dialect's own templates.
"""

from segdsl.engines.translate.selects import translated, translated_name

__all__ = ["translated", "translated_name"]
