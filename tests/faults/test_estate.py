"""An estate's import is killed in the middle: nothing of it stays, and it is done once, to the last row."""

import datetime as dt

import pytest
from django.utils import timezone

from licensing import work
from licensing.domain import estate, estate_review
from licensing.enums import FileState
from licensing.management.commands.bench_estate import workbook
from licensing.models import EstateFile, Line, Plan, RejectedRow
from portal.work.loop import do_once
from tests.builders import make_partner, make_user
from tests.faults.conftest import Programs, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

ROWS, CUSTOMERS = 12_000, 300


@pytest.fixture
def confirmed(programs: Programs) -> EstateFile:
    """A file of twelve thousand rows that a worker may import now."""
    by = make_user()
    partner, now = make_partner(owner=by), timezone.now()
    content = workbook(ROWS, CUSTOMERS)
    file = estate.upload(partner=partner, name="parc.xlsx", content=content, by=by, now=now - dt.timedelta(minutes=1))
    assert do_once(work.ESTATE) == 1
    file.refresh_from_db()
    sheet = file.found["sheets"][0]
    fields = {int(index): name for index, name in sheet["fields"].items()}
    estate.confirm(file=file, sheet=sheet["name"], fields=fields, customer="", day_first=True, now=now)
    EstateFile.objects.update(next_check_at=now - dt.timedelta(minutes=1))
    assert do_once(work.ESTATE) == 1
    estate_review.accept(file=file, now=now)
    return file


@pytest.mark.long
@pytest.mark.parametrize("stage", ["progress", "written"])
def test_import_killed_in_the_middle_is_done_once_after_restart(
    programs: Programs, confirmed: EstateFile, stage: str
) -> None:
    """While rows are read, and while they are written."""
    programs.environment["FILE_LEASE_SECONDS"] = "6"
    programs.start("beat")
    worker = programs.start("worker")
    wait_for(lambda: EstateFile.objects.filter(pk=confirmed.pk, **{f"{stage}__gt": 0}).exists())
    programs.kill(worker)
    held = EstateFile.objects.get(pk=confirmed.pk)
    left_behind = (Line.objects.count(), Plan.objects.count(), RejectedRow.objects.count())
    programs.start("worker")
    wait_for(lambda: EstateFile.objects.get(pk=confirmed.pk).state == FileState.DONE, seconds=60)

    done = EstateFile.objects.get(pk=confirmed.pk)
    assert (held.state, left_behind) == (FileState.IMPORTING, (0, 0, 0))
    assert done.claim_no > held.claim_no
    assert (done.rows, done.accepted, done.rejected) == (ROWS, ROWS, 0)
    assert Line.objects.count() == ROWS
    assert Plan.objects.count() == Plan.objects.filter(is_current=True, number=1).count() == CUSTOMERS


@pytest.mark.long
def test_the_plain_loop_imports_without_redis(programs: Programs, confirmed: EstateFile) -> None:
    programs.environment["REDIS_URL"] = "redis://127.0.0.1:9/0"

    programs.run("python manage.py work --every 0.2")

    wait_for(lambda: EstateFile.objects.get(pk=confirmed.pk).state == FileState.DONE, seconds=60)
