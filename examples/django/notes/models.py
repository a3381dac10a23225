"""Notes, whose table and policies Gatepost's migrations made."""

from django.db import models
from django.db.models.functions import Now


class Note(models.Model):
    body = models.TextField()
    owner_id = models.UUIDField(db_column="ownerId")
    created_at = models.DateTimeField(db_column="createdAt", db_default=Now())

    class Meta:
        managed = False
        db_table = "Note"
        ordering = ("id",)
