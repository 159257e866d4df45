"""Nothing stays longer than the table says, and the dry run says what would go without touching it."""

import datetime as dt
import io
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db.models import FileField, QuerySet
from django.utils import timezone

from onboarding.domain.enrollment import withdrawal
from onboarding.models import Delegation, Enrollment, MailboxChallenge, Preflight
from portal.notices.models import Mail, Suppression
from portal.partners.models import Invitation
from portal.privacy import retention
from portal.privacy.retention import RULES, Rule
from portal.work import periodic
from tests.builders import NOW, make_partner, make_submitted, make_user

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def mail(key: str, **fields: Any) -> Mail:
    return Mail.objects.create(key=key, to="a@b.example", subject="S", text="T", html="H", queue="mail", **fields)


def test_mail_loses_address_and_text_and_stays_as_sent() -> None:
    old, fresh = mail("old", sent_at=NOW), mail("fresh", sent_at=NOW + 2 * DAY)
    refused, waiting = mail("refused", refused_at=NOW, answer="550 a@b.example"), mail("waiting", next_check_at=NOW)

    taken = [retention.apply("mails", now=NOW + 181 * DAY) for _night in range(2)]

    assert taken == [2, 0]
    for row in (old, refused):
        row.refresh_from_db()
        assert (row.to, row.subject, row.text, row.html, row.answer) == ("", "", "", "", "")
    for row in (fresh, waiting):
        row.refresh_from_db()
        assert row.to == "a@b.example"
    # Its key still keeps it from being written twice.
    assert Mail.objects.filter(key="old", sent_at=NOW).exists()


def test_ended_sessions_invitations_links_and_dead_addresses_go() -> None:
    enrollment = make_submitted()
    by = enrollment.created_by
    partner = make_partner(owner=by)
    for number, expires in enumerate((NOW, NOW + 50 * DAY)):
        Session.objects.create(session_key=f"s{number}", session_data="x", expire_date=expires)
        Invitation.objects.create(
            partner=partner, email=f"{number}@b.example", token_hash=str(number), invited_by=by, expires_at=expires
        )
        Delegation.objects.create(
            enrollment=enrollment, task="a", to="a@b.example", token_hash=str(number), by=by, sent_at=NOW,
            expires_at=expires,
        )  # fmt: skip
        Suppression.objects.create(address=f"{number}@b.example", since=expires)
    for number, used in enumerate((None, NOW)):
        MailboxChallenge.objects.create(
            check_row=enrollment.checks.first(), address="a@b.example", token_hash=str(number), code_hash="c",
            sent_at=NOW, expires_at=NOW, used_at=used,
        )  # fmt: skip

    taken = {
        "sessions": retention.apply("sessions", now=NOW + DAY),
        "invitations": retention.apply("invitations", now=NOW + 91 * DAY),
        "delegations": retention.apply("delegations", now=NOW + 366 * DAY),
        "suppressions": retention.apply("suppressions", now=NOW + 1096 * DAY),
        "mailbox-challenges": retention.apply("mailbox-challenges", now=NOW + 91 * DAY),
    }

    assert taken == dict.fromkeys(taken, 1)
    assert MailboxChallenge.objects.get().used_at == NOW  # the proof of a check


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.rows is not None])
def test_every_rule_runs_and_finds_nothing_in_an_empty_portal(code: str) -> None:
    now = timezone.now()

    assert (RULES[code].count(now), retention.apply(code, now=now)) == (0, 0)


def test_dry_run_counts_and_changes_nothing() -> None:
    for number in range(3):
        Preflight.objects.create(typed={"mail": f"{number}@b.example"}, asked_at=NOW, queue="preflight")
    mail("old", sent_at=NOW - 365 * DAY)
    out = io.StringIO()

    call_command("retention", "--dry-run", stdout=out)

    lines = {line.split()[3].rstrip(":"): line for line in out.getvalue().splitlines()}
    assert len(lines) == len(RULES)
    assert lines["preflights"].split()[:3] == ["3", "1", "day"]
    assert lines["mails"].split()[:3] == ["1", "180", "days"]
    assert "without an account" in lines["preflights"]
    assert Preflight.objects.count() == 3

    call_command("retention")
    assert (Preflight.objects.count(), Mail.objects.get().to) == (0, "")


def test_every_stored_file_is_of_a_model_that_the_table_names() -> None:
    """A file that no rule speaks of is kept for ever, and nobody decided so."""
    kept = {model._meta.label for model in apps.get_models() for field in model._meta.fields if is_file(field)}

    assert kept == {"onboarding.Document", "privacy.DataExport"}
    assert {"documents", "exports"} <= set(RULES)


def is_file(field: Any) -> bool:
    return isinstance(field, FileField) and not field.model.__module__.startswith("django.")


def test_documents_are_not_deleted_and_the_dry_run_says_why() -> None:
    out = io.StringIO()

    call_command("retention", "--dry-run", stdout=out)

    [line] = [line for line in out.getvalue().splitlines() if " documents: " in line]
    assert line.split()[:3] == ["0", "not", "deleted"]
    assert "taken back is deleted at once" in line


def test_a_run_is_bounded_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "BATCHES", 2)
    for _number in range(5):
        Preflight.objects.create(asked_at=NOW, queue="preflight")

    assert [retention.apply("preflights", now=NOW + 2 * DAY) for _run in range(3)] == [4, 1, 0]


def test_one_broken_rule_does_not_keep_the_others_from_their_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(now: dt.datetime) -> QuerySet[Any]:
        raise ValueError("broken")

    first = Rule(code="broken", label="B", keep=DAY, why="?", rows=broken)
    monkeypatch.setattr(retention, "RULES", {"broken": first, "mails": RULES["mails"]})
    mail("old", sent_at=NOW)

    with pytest.raises(ValueError, match="broken"):
        retention.run(NOW + 365 * DAY)

    assert Mail.objects.get().to == ""


def test_one_job_deletes_everything_that_has_a_time() -> None:
    names = set(periodic.JOBS)

    assert "retention" in names
    assert [name for name in names if "forget" in name or name.startswith("old")] == []


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(Exception, match="registered already"):
        retention.add(RULES["mails"])
    assert make_user().is_active


def test_contacts_of_what_ended_three_years_ago_go_with_their_histories() -> None:
    given_up, running = make_submitted(), make_submitted()
    for enrollment in (given_up, running):
        Enrollment.objects.filter(pk=enrollment.pk).update(contact_email="marie@acme.example", tenant="a.example")
    withdrawal.withdraw(enrollment=given_up, by=given_up.created_by, now=NOW)

    early = retention.apply("withdrawn", now=NOW + 1094 * DAY)
    late = [retention.apply("withdrawn", now=NOW + 1096 * DAY) for _night in range(2)]

    assert (early, late) == (0, [1, 0])
    given_up.refresh_from_db()
    running.refresh_from_db()
    assert (given_up.contact_email, given_up.contact_last_name, given_up.tenant) == ("", "", "")
    assert running.contact_email == "marie@acme.example"
    for history in (given_up.answer_history, given_up.history):
        assert not history.exclude(contact_email="").exists()
    assert running.answer_history.exclude(contact_email="").exists()


def test_old_contacts_leave_the_history_and_the_change_stays() -> None:
    enrollment = make_submitted()
    Enrollment.objects.filter(pk=enrollment.pk).update(contact_email="marie@acme.example", mpn_id="777")
    rows = enrollment.answer_history.count()

    later = timezone.now() + 1096 * DAY
    taken = [retention.apply("earlier-contacts", now=later) for _night in range(2)]

    assert taken[0] >= 1 and taken[1] == 0
    assert enrollment.answer_history.count() == rows
    assert enrollment.answer_history.filter(contact_email="", mpn_id="777").exists()
    enrollment.refresh_from_db()
    assert enrollment.contact_email == "marie@acme.example"
