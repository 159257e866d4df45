"""An index of the mails that are sent before those of ``is_bulk``."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

from portal.work.migration_operations import BuildIndex

_FIRST = models.Index(
    "queue",
    "next_check_at",
    condition=Q(next_check_at__isnull=False, parked_at=None, is_bulk=False),
    name="mail_due_first",
)


class Migration(migrations.Migration):
    atomic = False  # the index is built beside the work that goes on
    dependencies: ClassVar = [("notices", "0081_bulk_mails")]
    operations: ClassVar = [BuildIndex("mail", _FIRST)]
