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
OWNER = "owner"


class GatepostRouter:
    """For DATABASE_ROUTERS: Django's own tables, those of its admin, are the alias `owner`'s, where there is one; and
    migrations run on no alias whose transactions are signed in.
    """

    def db_for_read(self, model: type[Model], **_: Any) -> str | None:
        return OWNER if model._meta.app_label in DJANGOS and OWNER in settings.DATABASES else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, _app_label: str, **_: Any) -> bool | None:
        return False if isinstance(connections[db], DatabaseWrapper) else None
