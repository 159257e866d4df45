"""Resellers who submit their files, one after the other: ``python -m tests.faults.client ACKNOWLEDGED EVERY IDS…``.

Whatever was acknowledged is on the disk before the next one: what the portal said "yes" to must never be lost. An
exception means that the outcome is not known.
"""

import os
import sys
import time
from pathlib import Path

import django


def main(place: Path, every: float, ids: list[str]) -> None:
    django.setup()
    from django.db import connection  # noqa: PLC0415

    from onboarding.domain.enrollment import lifecycle  # noqa: PLC0415
    from onboarding.models import Enrollment  # noqa: PLC0415
    from portal.work import claims  # noqa: PLC0415

    with place.open("a") as acknowledged:
        for pk in ids:
            try:
                enrollment = Enrollment.objects.select_related("created_by").get(pk=pk)
                lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=claims.database_now())
                word = "ok"
            except Exception as error:
                word = f"unknown {type(error).__name__}"
                connection.close()
            acknowledged.write(f"{pk} {word}\n")
            acknowledged.flush()
            os.fsync(acknowledged.fileno())
            time.sleep(every)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
