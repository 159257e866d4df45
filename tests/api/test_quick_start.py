"""The quick start of README works as it is printed: its lines are run against a server."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from api.domain import clients
from api.models import ApiCall
from onboarding.domain import history
from portal.notices.models import Mail
from tests.api.conftest import make_caller
from tests.builders import make_bdm, make_enrollment

README = (Path(settings.ROOT) / "api/README.md").read_text(encoding="utf-8")
SERVER = "http://127.0.0.1:8000"


def quick_start() -> list[str]:
    """Return the lines that a reader types."""
    [text] = re.findall(r"^## Quick start\n(.*?)^## ", README, re.M | re.S)
    return re.findall(r"^    (\S.*)$", text, re.M)


def run(lines: list[str]) -> list[Any]:
    """Return the JSON that each line prints, None for a line that prints nothing. A status of an error fails."""
    typed = "\n".join(f"{line.replace('curl -s ', 'curl -sS --fail-with-body ')}\nprintf '\\n---\\n'" for line in lines)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", typed], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(text) if text.strip() else None for text in done.stdout.split("---\n")[:-1]]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
@pytest.mark.django_db(transaction=True)
def test_every_line_of_the_quick_start_works(live_server: Any) -> None:
    bdm = make_bdm("FR")
    caller = make_caller(bdm=bdm)
    clients.add_key(client=caller.client, text=settings.DEMO_API_KEY, by=bdm.user, now=timezone.now())
    enrollment = make_enrollment()
    history.add(enrollment, "mail_sent", at=timezone.now())
    lines = [line.replace(SERVER, live_server.url) for line in quick_start()]

    key, enrollments, events, colleagues, one, reminder = run(lines)

    assert settings.DEMO_API_KEY in lines[0]
    assert (key, one) == (None, None)
    assert [row["id"] for row in enrollments["data"]] == [str(enrollment.pk)]
    assert events["data"]
    assert [row["email"] for row in colleagues] == [bdm.user.email]
    assert reminder
    assert Mail.objects.filter(code="reminder").exists()
    assert ApiCall.objects.count() == 2
