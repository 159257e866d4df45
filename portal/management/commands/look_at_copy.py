import json
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal import outbound
from portal.audit import verifying
from portal.backup import papers
from portal.work import loop


class Command(BaseCommand):
    help = (
        "Say as JSON what a program of the portal sees on a restored copy: seals, documents, and what it does of the "
        "due work. Only with SEND_NOTHING; manage.py drill starts it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SEND_NOTHING:
            raise CommandError("This is no copy: set SEND_NOTHING=true.")
        report = verifying.verify(now=timezone.now())
        wanted = papers.named(with_left_out=False)
        files = papers.reconcile(wanted, storages["documents"], with_left_out=False)
        said = {
            "seals": report.seals,
            "sealed_rows": report.rows,
            "audit": [str(fault) for fault in report.faults],
            "named": files.rows,
            "files": files.files,
            "missing": files.missing,
            "altered": files.altered,
            "claimed": loop.do_every_kind(),
            "refuses_to_send": _refuses(),
        }
        self.stdout.write(json.dumps(said))


def _refuses() -> bool:
    try:
        outbound.request("HEAD", "https://copy.invalid/", is_typed=True)  # a name that never exists
    except outbound.AddressRefused:
        return True
    except outbound.Unreachable:
        return False
    return False
