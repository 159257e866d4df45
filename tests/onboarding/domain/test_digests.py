"""The morning's summary: once a working morning of the reader's country, and only if there is something to say."""

import datetime as dt
from typing import Any

import pytest

from onboarding.domain.desk import digests
from onboarding.domain.mail import messages
from onboarding.enums import Effect
from onboarding.models import Check, Clock, Enrollment, Reading
from portal.accounts.models import User
from portal.geo.models import Country
from portal.notices.models import Digest, DigestLine, Mail, Preference
from portal.privacy import retention
from tests.builders import NOW, make_bdm, make_submitted, make_user

pytestmark = pytest.mark.django_db

# Tuesday, half past eight in Paris.
MORNING = dt.datetime(2026, 11, 17, 7, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def forget_old(now: dt.datetime) -> None:
    for rule in ("summary-lines", "summaries"):
        retention.apply(rule, now=now)


def partner_writes(enrollment: Enrollment, *, at: dt.datetime = NOW, key: str = "k") -> None:
    messages.write(enrollment=enrollment, author=enrollment.created_by, body="Bonjour", key=key, now=at)


def summaries() -> list[Mail]:
    return list(Mail.objects.filter(code__in=["digest", "summary"]).order_by("pk"))


def test_what_was_put_off_comes_in_the_morning_once(bdm: User, enrollment: Enrollment):
    partner_writes(enrollment)

    counted = [digests.send(MORNING), digests.send(MORNING + HOUR), digests.send(MORNING + 8 * HOUR)]

    assert counted == [1, 0, 0]
    [mail] = summaries()
    assert (mail.to, mail.key, mail.code) == (bdm.email, f"digest-{bdm.pk}-2026-11-17", "digest")
    assert f"/desk/{enrollment.pk}/messages/#message-" in mail.text
    assert DigestLine.objects.get().told_at == MORNING
    assert digests.send(MORNING + DAY) == 1  # the message still waits for somebody to read it
    Reading.objects.create(enrollment=enrollment, user=bdm, upto=10**9, read_at=MORNING)
    assert digests.send(MORNING + 2 * DAY) == 0


def test_nothing_is_sent_where_there_is_nothing_to_say(bdm: User):
    assert digests.send(MORNING) == 0

    assert summaries() == []
    assert [(d.user, d.was_sent) for d in Digest.objects.all()] == [(bdm, False)]


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (dt.datetime(2026, 11, 17, 6, 59, tzinfo=dt.UTC), 0),  # 7:59 in Paris
        (dt.datetime(2026, 11, 17, 7, 0, tzinfo=dt.UTC), 1),
        (dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC), 0),  # a Saturday
        (dt.datetime(2026, 12, 25, 9, 0, tzinfo=dt.UTC), 0),  # Christmas
        (dt.datetime(2027, 7, 15, 6, 0, tzinfo=dt.UTC), 1),  # 8:00, summer time
    ],
)
def test_morning_is_that_of_the_bdms_country(bdm: User, enrollment: Enrollment, moment: dt.datetime, sent: int):
    partner_writes(enrollment)

    assert digests.send(moment) == sent


def test_morning_is_elsewhere_at_another_time(enrollment: Enrollment):
    Country.objects.filter(pk="RE").update(time_zone="Indian/Reunion")
    Country.objects.filter(pk="FR").update(time_zone="Europe/Paris")
    far = make_bdm("RE").user
    DigestLine.objects.create(user=far, code="alert", key="k", title="Un dossier dure", at=NOW)

    assert digests.send(dt.datetime(2026, 11, 17, 4, 30, tzinfo=dt.UTC)) == 1  # 8:30 there


def test_what_comes_after_the_hour_waits_for_the_next_morning(bdm: User, enrollment: Enrollment):
    digests.send(MORNING)
    partner_writes(enrollment, at=MORNING + HOUR)

    assert [digests.send(MORNING + n * HOUR) for n in (2, 5)] == [0, 0]
    assert digests.send(MORNING + DAY) == 1


def test_state_of_the_countries_is_told(bdm: User):
    waits, risks, calm = make_submitted(), make_submitted(), make_submitted()
    Check.objects.filter(enrollment=waits, kind="marketplace").update(
        state="in_progress", turn="ingram", reason="desk_must_look", turn_since=NOW, source="reseller"
    )
    Clock.objects.filter(enrollment=risks).update(alarm=Effect.AT_RISK)
    Enrollment.objects.filter(pk=calm.pk).update(submitted_at=MORNING - HOUR)

    digests.send(MORNING)

    [mail] = summaries()
    text = mail.text
    assert f"/desk/{waits.pk}/" in text.split("À risque")[0]
    assert f"/desk/{risks.pk}/" in text
    assert f"/desk/{calm.pk}/" in text.split("Déposés")[1]


def test_files_of_other_countries_are_left_out():
    make_bdm("DE")
    enrollment = make_submitted()
    Clock.objects.filter(enrollment=enrollment).update(alarm=Effect.AT_RISK)

    assert digests.send(MORNING) == 0


def test_who_switches_the_summary_off_still_gets_what_he_put_off(bdm: User, enrollment: Enrollment):
    Preference.objects.create(user=bdm, code="digest", choice="off")
    Clock.objects.filter(enrollment=enrollment).update(alarm=Effect.AT_RISK)
    partner_writes(enrollment)

    digests.send(MORNING)

    [mail] = summaries()
    assert "messages/#message-" in mail.text
    assert "À risque" not in mail.text


def test_reseller_gets_what_he_keeps_for_the_morning(enrollment: Enrollment, bdm: User):
    owner = enrollment.created_by
    Preference.objects.create(user=owner, code="message", choice="digest")
    messages.write(enrollment=enrollment, author=bdm, body="Bonjour", key="k", now=NOW, by_staff=True)

    digests.send(MORNING)

    [mail] = summaries()
    assert (mail.to, mail.code) == (owner.email, "summary")
    assert f"/enrollments/{enrollment.pk}/messages/#message-" in mail.text


def test_trouble_with_one_reader_does_not_keep_the_others_from_theirs(bdm: User, enrollment: Enrollment, caplog: Any):
    lost = make_user()
    Country.objects.filter(pk="DE").update(time_zone="Nowhere/Atall")
    bad = make_bdm("DE").user
    for user in (bad, lost):
        DigestLine.objects.create(user=user, code="alert", key=f"k{user.pk}", title="Un dossier", at=NOW)

    assert digests.send(MORNING) == 1
    assert [mail.to for mail in summaries()] == [lost.email]
    assert "summary of user" in caplog.text


def test_what_is_old_is_forgotten(bdm: User, enrollment: Enrollment):
    partner_writes(enrollment)
    digests.send(MORNING)

    forget_old(MORNING + 60 * DAY)
    kept = (DigestLine.objects.count(), Digest.objects.count())
    forget_old(MORNING + 100 * DAY)

    assert (kept, DigestLine.objects.count(), Digest.objects.count()) == ((1, 1), 0, 0)
