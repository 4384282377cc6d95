"""The language evaluated row at a time, in plain Python, as its page says it: the measure of the compiler.

It shares nothing with the compiler past the tree. It takes programs to be well-typed, and is not made to be fast.
"""
