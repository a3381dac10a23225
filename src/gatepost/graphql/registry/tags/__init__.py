"""What people say about a database's objects in comments and in a tags file.

In: the Anatomy's comments, a tags file. Out: Notes. Never: what a tag does to a schema; the rooms beside this one know.
"""

from .comments import Note, Notes, notes
from .file import read_tags_file
from .older import translate

__all__ = ["Note", "Notes", "notes", "read_tags_file", "translate"]
