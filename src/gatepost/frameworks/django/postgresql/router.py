"""Which database is asked for what.

In: a model, a database's alias. Out: the alias that keeps Django's own tables; whether migrations may run there. Never:
a migration under the login of requests.
"""

from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import Model

from .base import DatabaseWrapper

DJANGOS = frozenset(("admin", "auth", "contenttypes", "sessions"))
ALIASES = ("django", "owner")


class GatepostRouter:
    """For DATABASE_ROUTERS. Django's own tables, those of its admin, are the alias `django`'s, or `owner`'s where there
    is no such; migrations run on no alias whose transactions are signed in.
    """

    def db_for_read(self, model: type[Model], **_: Any) -> str | None:
        return _djangos() if model._meta.app_label in DJANGOS else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool | None:
        if isinstance(connections[db], DatabaseWrapper):
            return False
        if app_label in DJANGOS:
            are_made = settings.MIGRATION_MODULES.get(app_label, "") is not None
            return are_made and db == _djangos()
        return None


def _djangos() -> str | None:
    return next((each for each in ALIASES if each in list(connections)), None)
