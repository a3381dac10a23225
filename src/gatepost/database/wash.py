"""What takes a connection's memory away between two uses.

In: nothing. Out: the commands that leave no session state behind. Never: less than the whole list.
"""

from .connection import Command

# Settings, temporary tables (they shadow names), currval(), LISTEN, WITH HOLD cursors, advisory locks.
WASH = [
    Command("reset all", silent=True),
    Command("discard temp", silent=True),
    Command("discard sequences", silent=True),
    Command("unlisten *", silent=True),
    Command("close all", silent=True),
    Command("select pg_catalog.pg_advisory_unlock_all()", silent=True),
]

# After functions we know nothing of: all of the above, session authorization, and statements that a PREPARE or a
# DEALLOCATE may have touched. It cannot run inside a transaction block, so it has a segment of its own.
DISCARD = [Command("discard all", silent=True)]

# For a segment of its own after an explicit BEGIN: ends the transaction where an error left it open.
ROLLBACK = [Command("rollback", silent=True)]
