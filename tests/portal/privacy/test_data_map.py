"""The data map is whole: every column that can hold personal data is in it, or declared as not personal."""

import csv
import io
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.test import Client
from django.utils import translation

from portal.audit import registry as audit
from portal.privacy import registry, retention
from portal.privacy.record import HEADS, how_long
from portal.privacy.registry import Erasing
from portal.wording import has_decimal_comma
from tests.builders import make_user

CAN_HOLD = (
    models.CharField, models.TextField, models.FileField, models.JSONField, models.GenericIPAddressField,
    models.BinaryField, ArrayField,
)  # fmt: skip
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def columns(model: type[models.Model]) -> set[str]:
    """The columns in which somebody's words, file or address may stand; codes with fixed choices hold none."""
    return {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CAN_HOLD) and not field.choices and not isinstance(field, models.SlugField)
    }


def known(model: type[models.Model]) -> set[str]:
    held = {name for record in registry.RECORDS.values() if record.model == model._meta.label for name in record.fields}
    return held | registry.NOT_PERSONAL.get(model._meta.label, set())


def tables() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]


@pytest.mark.parametrize("model", tables(), ids=lambda model: model._meta.label)
def test_every_column_is_in_the_map_or_declared_as_not_personal(model: type[models.Model]) -> None:
    missing = columns(model) - known(model)

    assert missing == set(), f"{model._meta.label}: add {sorted(missing)} to the data map of its app"


def test_the_walk_sees_what_could_be_forgotten() -> None:
    class Forgotten(models.Model):
        mail = models.EmailField()
        seen_from = models.GenericIPAddressField()
        portrait = models.FileField()
        answers: Any = models.JSONField()
        role = models.CharField(max_length=5, choices=[("a", "A")])
        number = models.IntegerField()

        class Meta:
            app_label = "forgotten"
            managed = False

        def __str__(self) -> str:
            return self.mail

    assert columns(Forgotten) == {"mail", "seen_from", "portrait", "answers"}
    assert known(Forgotten) == set()


def test_nothing_in_the_map_is_gone_or_told_twice() -> None:
    for record in registry.RECORDS.values():
        names = {field.name for field in record.get_model()._meta.concrete_fields}
        told = {*record.fields, *record.shown, *record.secret, *record.company_only}
        assert told <= names, record.code
    for label, declared in registry.NOT_PERSONAL.items():
        model = apps.get_model(label)
        names = {field.name for field in model._meta.concrete_fields}
        held = {name for record in registry.RECORDS.values() if record.model == label for name in record.fields}
        assert declared <= names, label
        assert declared & held == set(), label


@pytest.mark.parametrize("record", registry.personal(), ids=lambda record: record.code)
def test_every_record_says_why_how_long_who_and_how_it_goes(record: registry.Record) -> None:
    assert registry.BASES[record.why]
    assert how_long(record)
    assert record.seen_by
    assert not record.retention or record.retention in retention.RULES
    assert (record.erased == Erasing.HISTORY) == bool(record.trail)
    if record.trail:
        # What the seals let us erase.
        assert {*record.fields} <= {*audit.TRAILS[record.trail].personal}
        assert audit.TRAILS[record.trail].model == record.model
    if record.erased == Erasing.KEPT and record.of_person is not None:
        assert record.reason
    if record.erased == Erasing.EXPIRES:
        assert record.retention or record.kept


@pytest.mark.parametrize("rule", retention.RULES.values(), ids=lambda rule: rule.code)
def test_every_rule_has_a_reason(rule: retention.Rule) -> None:
    assert rule.why
    assert (rule.rows is None) == (rule.keep is None)
    assert rule.do is None or rule.empty is None


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_shows_every_record_and_rule(client: Client, language: str) -> None:
    page = client.get(f"/privacy/?lang={language}").content.decode()

    with translation.override(language):
        for record in registry.personal():
            assert str(record.label) in page.replace("&#x27;", "'")
        for rule in retention.RULES.values():
            assert str(rule.why) in page.replace("&#x27;", "'").replace("&quot;", '"')


@pytest.mark.django_db
def test_officer_takes_the_record_and_nobody_else_does(client: Client) -> None:
    for fields in ({}, {"is_staff": True}):
        client.force_login(make_user(**fields), backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/admin/privacy-record/").status_code in (302, 403)
        assert client.get("/admin/privacy-record/export/").status_code in (302, 403)
    officer = make_user(is_staff=True, is_superuser=True, language="en-gb")
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")

    page = client.get("/admin/privacy-record/").content.decode()
    file = b"".join(client.get("/admin/privacy-record/export/")).decode()  # type: ignore[call-overload]

    assert "onboarding.Message" in page and "article 6(1)(b)" in page
    assert "first name" in page and "contact_first_name" not in page  # columns by their names, in the reader's language
    lines = file.splitlines()
    assert len(lines) == len(registry.personal()) + 1
    assert lines[0].startswith("\ufeffWhat,Table,Columns,Why")


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_record_is_taken_as_the_spreadsheet_of_each_language_reads_it(client: Client, language: str) -> None:
    officer = make_user(is_staff=True, is_superuser=True, language=language)
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")

    file = b"".join(client.get("/admin/privacy-record/export/")).decode("utf-8-sig")  # type: ignore[call-overload]

    with translation.override(language):
        heads = [str(head) for head in HEADS]
    rows = list(csv.reader(io.StringIO(file), delimiter=";" if has_decimal_comma(language) else ","))
    assert rows[0] == heads
    assert {len(row) for row in rows} == {len(heads)}
