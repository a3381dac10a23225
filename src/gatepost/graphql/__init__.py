"""SURFACE: PostGraphile's dialect.

In: a GraphQL request, an identity. Out: one statement a root field, and its result as the answer. Never: a decision
about who may see a row; that is row level security's.
"""
