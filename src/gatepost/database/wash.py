"""What takes a connection's memory away between two uses.

In: nothing. Out: the commands that leave no session state behind. Never: less than the whole list.
"""

from .connection import Command


def _silent(text: str) -> Command:
    return Command(text, key=("", "", text), silent=True)


# Settings, temporary tables (they shadow names), currval(), LISTEN, WITH HOLD cursors, advisory locks.
WASH = [
    _silent("reset all"),
    _silent("discard temp"),
    _silent("discard sequences"),
    _silent("unlisten *"),
    _silent("close all"),
    _silent("select pg_catalog.pg_advisory_unlock_all()"),
]

# Between reads on a lane. Every statement there is read-only from its prelude on, and cannot go back to writing once it
# has begun: it makes no temporary table and draws from no sequence. Advisory locks are let go by the prelude itself.
READ_WASH = [each for each in WASH if each.text in ("reset all", "unlisten *", "close all")]
# While reads follow one another on a lane, without a pause: none of them can subscribe or open a cursor, nor ask what
# others did. What runs all the same, by mistake, is taken away as soon as the lane falls idle.
BETWEEN_READS = [each for each in READ_WASH if each.text == "reset all"]

# After functions we know nothing of: all of the above, session authorization, and statements that a PREPARE or a
# DEALLOCATE may have touched. It cannot run inside a transaction block, so it has a segment of its own.
DISCARD = [Command("discard all", silent=True)]

# For a segment of its own after an explicit BEGIN: ends the transaction where an error left it open.
ROLLBACK = [Command("rollback", silent=True)]
