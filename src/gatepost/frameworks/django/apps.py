"""The Django application `gatepost.frameworks.django`.

In: INSTALLED_APPS. Out: checks for `manage.py check`. Never: a model, or a migration.
"""

from django.apps import AppConfig
from django.core.checks import Tags, register

from .checks import check_databases, check_settings


class GatepostConfig(AppConfig):
    """Registers the checks."""

    name = "gatepost.frameworks.django"
    label = "gatepost"
    verbose_name = "Gatepost"

    def ready(self) -> None:
        register(check_settings, Tags.security)
        register(check_databases, Tags.database)
