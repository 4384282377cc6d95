"""The report: one HTML file about the segments of a catalog, with its charts inside.

`gather` asks the questions and finds the numbers, `sections` says what is shown of them as plain values (`content`),
`page` writes the file.
"""
