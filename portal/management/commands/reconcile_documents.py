from contextlib import closing
from typing import Any

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError

from portal.backup import papers
from portal.stores.base import StoreError


class Command(BaseCommand):
    help = (
        "Compare stored documents with the rows that name them. Lists files that no row names; ends with an error that "
        "names each missing or altered file. Changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with closing(papers.named()) as wanted:
                found = papers.reconcile(wanted, storages["documents"])
        except StoreError as error:
            raise CommandError(f"Nothing is known of the files: {error}") from error
        self.stdout.write(f"{found.rows} rows name a file, {found.files} files are there.")
        for name in found.unnamed:
            self.stdout.write(f"{name}: no row names this file")
        if found.faults:
            raise CommandError("\n".join(found.faults))
