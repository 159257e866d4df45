from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal import encryption, sealed


class Command(BaseCommand):
    help = (
        "Seal with the first of SECRETS_KEYS what is encrypted in the database, as a job does each night. Once a "
        "second run seals nothing, the older keys may be dropped. Ends with an error if something has a lost key."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not encryption.has_key():
            raise CommandError("SECRETS_KEYS is empty: nothing can be sealed.")
        counts = sealed.seal_all(timezone.now())
        for count in counts:
            self.stdout.write(f"{count.what}: {count.sealed} sealed again, {count.unreadable} unreadable")
        if any(count.unreadable for count in counts):
            raise CommandError("What is unreadable has a key that is no longer among SECRETS_KEYS: put that key back.")
