"""Tests of applications and schemas that stand on Gatepost: a plugin for pytest.

In: a project's folder. Out: fixtures, each with a database of its own. Never: the project's own data, keys or mails.
"""
