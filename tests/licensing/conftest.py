"""Facts without a database, and a way to bring an estate in."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from licensing import work
from licensing.domain import editions, estate, estate_review
from licensing.domain.facts import Facts
from licensing.enums import FileState
from licensing.models import EstateFile
from portal.accounts.models import User
from portal.partners.models import Partner
from portal.work.loop import do_once

# A moment before the test's transaction began: what is due then is due for PostgreSQL's clock.
EARLIER = dt.timedelta(hours=1)


@pytest.fixture(scope="session")
def facts() -> Facts:
    """The facts of the reviewed files, without a database."""
    return Facts(editions.read_files(), edition=1)


@pytest.fixture
def partner(reseller: User) -> Partner:
    return reseller.partners.get()


def leave_out(file: EstateFile, now: dt.datetime) -> None:
    """Answer every question of a review so that the rows in question stay out."""
    review = file.result["review"]
    answers = {name: {word[0]: "unknown" for word in words} for name, words in review["unknown"].items()}
    orders = dict.fromkeys(review["open_orders"], True)
    estate_review.answer(file=file, answers=answers, orders=orders, with_hidden=False, now=now)
    assert do_once(work.ESTATE) == 1
    file.refresh_from_db()


@pytest.fixture
def bring(partner: Partner, reseller: User) -> Callable[..., EstateFile]:
    """Upload, look, confirm as recognised, approve, import."""

    def bring(content: bytes, name: str = "parc.csv", **said: Any) -> EstateFile:
        now = timezone.now() - EARLIER
        file = estate.upload(partner=partner, name=name, content=content, by=reseller, now=now)
        assert do_once(work.ESTATE) == 1
        file.refresh_from_db()
        if file.state != FileState.TO_CONFIRM:
            return file
        sheet = file.found["sheets"][file.found["best"]]
        fields = {int(index): field for index, field in sheet["fields"].items()}
        reading = {"fields": fields, "customer": "", "day_first": True, **said}
        estate.confirm(file=file, sheet=sheet["name"], now=now, **reading)
        assert do_once(work.ESTATE) == 1
        file.refresh_from_db()
        if estate_review.open_questions(file):
            leave_out(file, now)
        estate_review.accept(file=file, now=now)
        assert do_once(work.ESTATE) == 1
        file.refresh_from_db()
        return file

    return bring
