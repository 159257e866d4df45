import os
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.signals import user_logged_in
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from licensing.domain import editions
from onboarding.models import Enrollment
from portal import memory, uploads
from portal.accounts.models import User
from portal.geo.load import load
from portal.tables import reading, subprocess_reader
from tests import copies, log_guard, tables
from tests.builders import make_bdm, make_enrollment, make_partner, make_user, submit

PARTNER_CENTER = "http://partner-center.test"


def pytest_collection_finish() -> None:
    """The garbage collector took a fourteenth of the tests' time."""
    memory.leave_loaded_alone()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Begin from tables that ``make test`` made once, for all processes."""
    if template := os.environ.get("TESTS_TEMPLATE"):
        connection.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Countries, regions, marketplaces, links and the facts of licensing, as every deployment has them."""
    with django_db_blocker.unblock():
        _load()
        tables.keep(again=_load)
        with override_settings(PARTNER_CENTER_URL=PARTNER_CENTER):
            copies.learn(submit)


def _load() -> None:
    load()
    editions.load(now=timezone.now())


@pytest.fixture(scope="session")
def _guard() -> Iterator[log_guard.Guard]:
    with log_guard.listening() as guard:
        yield guard


@pytest.fixture(autouse=True)
def _log_holds_nobody(_guard: log_guard.Guard) -> Iterator[None]:
    yield
    if found := _guard.taken():
        pytest.fail(log_guard.told(found))


@pytest.fixture(autouse=True)
def _fast_and_outside_world(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "portal.notices.backend.OutboxBackend"  # pytest-django takes it away
    settings.REASONS_SECONDS = 0
    settings.WHITENOISE_AUTOREFRESH = True  # else every client reads the folders of static files
    settings.PARTNER_CENTER_URL = PARTNER_CENTER
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "documents": settings.STORAGES["documents"],
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _sign_in_as_people_do() -> Iterator[None]:
    """``force_login`` leaves what a sign-in on the page leaves: the moment of the proof of identity."""

    def proved(request: Any, user: User, **_more: Any) -> None:
        record_authentication(request, user, "password")

    user_logged_in.connect(proved)
    yield
    user_logged_in.disconnect(proved)


@pytest.fixture(autouse=True)
def _read_files_in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """To start a program takes ten times as long as to read a test's file. Tests of programs ask for ``readers``."""
    if "readers" in request.fixturenames:
        return

    def here(content: bytes, name: str, **which: Any) -> bytes:
        return "".join(reading.answer(content, name, **which)).encode()

    monkeypatch.setattr(subprocess_reader, "in_child", here)
    monkeypatch.setattr(uploads, "in_child", uploads.answer)


@pytest.fixture
def readers() -> None:
    """Have files read by the programs that read them in production."""


@pytest.fixture
def reseller(db: None) -> User:
    """Return the owner of a company of their own."""
    user = make_user("reseller@company.example")
    make_partner(owner=user, name="Exemple Informatique")
    return user


@pytest.fixture
def outsider(db: None) -> User:
    """Owner of another company."""
    user = make_user("outsider@elsewhere.example")
    make_enrollment(owner=user)
    return user


@pytest.fixture
def bdm(db: None) -> User:
    """Covers France."""
    return make_bdm("FR").user


@pytest.fixture
def enrollment(reseller: User) -> Enrollment:
    return make_enrollment(owner=reseller, partner=reseller.partners.get())


@pytest.fixture
def as_reseller(reseller: User) -> Client:
    return _signed_in(reseller)


@pytest.fixture
def as_outsider(outsider: User) -> Client:
    return _signed_in(outsider)


@pytest.fixture
def as_bdm(bdm: User) -> Client:
    return _signed_in(bdm)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
