"""A project's pgTAP tests: which files there are, run one after the other, with psql or without, their TAP read.

In: a folder of tests, the owner's and an administrator's connection strings. Out: what held and what did not.
Never: an extension for tests left in a database that did not have it.
"""

from .extension import available
from .files import find
from .plain import PlainRunner
from .run import FileReport, Runner, find_psql
from .tap import Failure

__all__ = ["Failure", "FileReport", "PlainRunner", "Runner", "available", "find", "find_psql"]
