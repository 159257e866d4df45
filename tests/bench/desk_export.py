"""``python -m tests.bench.desk_export``: take the view "all" away as CSV; print rows, megabytes and seconds as JSON.

A process of its own, so that the peak of its memory is the export's. The database is the one of ``DATABASE_URL``.
"""

import json
import os
import time
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django  # noqa: PLC0415

    django.setup()
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import setup_test_environment  # noqa: PLC0415

    from portal.accounts.models import User  # noqa: PLC0415

    setup_test_environment()
    client = Client()
    client.force_login(User.objects.get(email=os.environ["BENCH_READER"]))
    client.get("/livez")  # everything is imported
    before, start = _peak(), time.monotonic()
    answer = client.post("/desk/export/", {"query": os.environ["BENCH_VIEW"], "format": "csv"})
    assert answer.status_code == 200, answer.status_code
    rows = sum(part.count(b"\n") for part in answer.streaming_content) - 1  # type: ignore[attr-defined]
    print(
        json.dumps({"rows": rows, "before": before, "peak": _peak(), "seconds": round(time.monotonic() - start, 1)}),
        flush=True,
    )


def _peak() -> float:
    """Return the most memory this process has had, in MB."""
    # Not getrusage: its peak is that of the process that started this one, too.
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024, 1)


if __name__ == "__main__":
    main()
