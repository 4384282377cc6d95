"""Charts as Vega specifications: plain values, drawn in the page by the library that the extra `report` brings.

Colours are the page's own (CSS variables), so that one drawing serves light, dark and paper. Widths are the page's too.
"""
