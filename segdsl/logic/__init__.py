"""What conditions say, as formulas over values, and what follows from them.

Everything here errs to one side: a formula allows at least the customers that there can be. So what no customer of it
fulfils, no customer fulfils; that one does, says nothing.
"""
