"""WHERE: an Identity in, a transaction out.

In: an identity (or the name of one of our own logins) and statements. Out: raw results, or a Problem.
Never: a decision about what a surface's answer looks like; never a second door to data beside `scope.py`.
"""
