"""The desk's queue: the database's function is the one made of the table, and each part means what it says."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone, translation

from onboarding.domain.checks import writer
from onboarding.domain.desk import decisions, pipeline
from onboarding.enums import Authority, CheckState, Effect, Kind
from onboarding.models import Check, Clock, Enrollment, FileWork, Message, PipelineCount, PipelineEntry, Reading
from onboarding.models.pipeline import VIEWS_WITH_INDEX
from onboarding.models.pipeline_trigger import KEEP
from onboarding.phases import Phase
from tests import printed_tables
from tests.builders import NOW, check_of, make_bdm, make_enrollment, make_submitted

pytestmark = pytest.mark.django_db

MS = Authority.MICROSOFT


def test_database_has_the_function_that_the_tables_make() -> None:
    """A change of the tables needs a migration that replaces the function (``sql_of_function``)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc, proconfig FROM pg_proc WHERE proname = %s", [KEEP])
        [(source, settings)] = cursor.fetchall()

    assert source.strip() == pipeline.sql_of_keep().strip()
    assert settings == ["plan_cache_mode=force_generic_plan"]


def entry(enrollment: Enrollment) -> PipelineEntry:
    return PipelineEntry.objects.get(pk=enrollment.pk)


def put(enrollment: Enrollment, kind: Kind, phase: Phase, **values: Any) -> Check:
    check = check_of(enrollment, kind, MS)
    Check.objects.filter(pk=check.pk).update(subject_key="x")
    writer.write(check, phase=phase, source=values.pop("source", "bdm"), now=NOW, seen_at=NOW, **values)
    return check


def came_back(file: Enrollment) -> None:
    put(file, Kind.DOMAIN, Phase.WITH_MICROSOFT)
    put(file, Kind.DOMAIN, Phase.BDM_REVIEWS_ANSWER, source="reseller")


def unread(file: Enrollment) -> None:
    Message.objects.create(enrollment=file, author=file.created_by, body="Bonjour", written_at=NOW, key="1")


def alarm(effect: str) -> Callable[[Enrollment], None]:
    return lambda file: Clock.objects.filter(enrollment=file).update(alarm=effect) and None


def refused(days_ago: int) -> Callable[[Enrollment], None]:
    def make(file: Enrollment) -> None:
        at = dt.datetime.now(tz=dt.UTC) - dt.timedelta(days=days_ago)
        put(file, Kind.DOMAIN, Phase.PARTNER_ACTS, reason="microsoft_refused_domain")
        Check.objects.filter(enrollment=file, kind=Kind.DOMAIN, authority=MS).update(refused_at=at)

    return make


def flagged(column: str, **more: str) -> Callable[[Enrollment], None]:
    def make(file: Enrollment) -> None:
        put(file, Kind.DOMAIN, Phase.WITH_MICROSOFT)
        Check.objects.filter(enrollment=file, kind=Kind.DOMAIN, authority=MS).update(**{column: NOW, **more})

    return make


def late(file: Enrollment) -> None:
    put(file, Kind.DOMAIN, Phase.WITH_MICROSOFT)
    file.escalations.create(
        code="microsoft-5", clock="microsoft", after=5, unit="workdays", audience="bdm", effect="tell", since=NOW,
        due_at=NOW, escalated_at=NOW, calendar="test",
    )  # fmt: skip


SITUATIONS: dict[str, Callable[[Enrollment], Any]] = {
    "suspension_near": refused(25),
    "suspension": refused(2),
    "follow_up": lambda file: FileWork.objects.create(enrollment=file, follow_up_on=NOW.date()),
    "came_back": came_back,
    "second": lambda file: (
        put(file, Kind.RELATIONSHIP, Phase.BDM_LOOKS) and put(file, Kind.RELATIONSHIP, Phase.BDM_SECONDS)
    ),
    "parked": flagged("parked_at", parked_why="no answer"),
    "ours": lambda file: put(file, Kind.MPN_ID, Phase.BDM_LOOKS),
    "contradicted": flagged("contradicted_at"),
    "unread": unread,
    "long_tail": alarm(Effect.LONG_TAIL),
    "at_risk": alarm(Effect.AT_RISK),
    "licences": lambda file: pipeline.set_licences([(file.pk, 12)]),
    "microsoft_late": late,
    "changed_here": flagged("changed_here_at"),
}


def test_every_part_has_its_situation() -> None:
    assert set(SITUATIONS) == set(pipeline.POINTS)


@pytest.mark.parametrize("part", SITUATIONS)
def test_a_situation_is_its_part_and_no_other(part: str) -> None:
    enrollment, other = make_submitted(), make_submitted()

    SITUATIONS[part](enrollment)

    row = entry(enrollment)
    assert (row.parts, row.rank) == ([part], -pipeline.POINTS[part])
    assert ("needs_me" in row.views) == (part in pipeline.NEEDS_A_PERSON)
    assert entry(other).parts == []


def test_read_message_is_no_longer_unread() -> None:
    enrollment, bdm = make_submitted(), make_bdm("FR")
    unread(enrollment)
    Reading.objects.create(enrollment=enrollment, user=enrollment.created_by, upto=10**9, read_at=NOW)
    assert entry(enrollment).parts == ["unread"]

    Reading.objects.create(enrollment=enrollment, user=bdm.user, upto=10**9, read_at=NOW)

    assert entry(enrollment).parts == []


def test_drafts_ready_and_set_aside_need_nobody() -> None:
    draft, ready, aside = make_enrollment(), make_submitted(), make_enrollment()
    Enrollment.objects.filter(pk=ready.pk).update(state="ready", ready_at=NOW)
    Enrollment.objects.filter(pk=aside.pk).update(set_aside_at=NOW)

    assert entry(draft).views == ["drafts", "open", "all"]
    assert (entry(ready).turn, entry(ready).views) == ("nobody", ["ready", "all"])
    assert (entry(aside).turn, entry(aside).views) == ("nobody", ["set_aside", "all"])


def test_whose_turn_and_since_when_are_those_of_the_deciding_check() -> None:
    enrollment = make_submitted()
    put(enrollment, Kind.EMAIL, Phase.PARTNER_ACTS, reason="mail_declined")
    assert (entry(enrollment).turn, entry(enrollment).reason, entry(enrollment).since) == (
        "reseller",
        "mail_declined",
        NOW,
    )

    make_later = NOW + dt.timedelta(hours=3)
    check = put(enrollment, Kind.MPN_ID, Phase.BDM_LOOKS)
    Check.objects.filter(pk=check.pk).update(turn_since=make_later)

    row = entry(enrollment)
    assert (row.turn, row.kind, row.reason, row.since) == ("ingram", "mpn_id", "desk_must_look", make_later)


def exact() -> dict[str, int]:
    counted: dict[str, int] = {}
    for row in PipelineEntry.objects.all():
        for view in row.views:
            counted[view] = counted.get(view, 0) + 1
    return counted


def test_numbers_of_views_are_exact_before_and_after_they_are_added_up() -> None:
    files = [make_submitted() for _each in range(4)]
    for part, file in zip(("ours", "unread", "came_back"), files, strict=False):
        SITUATIONS[part](file)
    assert pipeline.counts(None) == exact()

    pipeline.add_up(NOW)
    decisions.ask(check=check_of(files[3], Kind.MPN_ID, MS), note="?", by=make_bdm("FR").user, now=NOW)
    Enrollment.objects.filter(pk=files[0].pk).update(state="ready", ready_at=NOW)

    assert pipeline.counts(None) == pipeline.counts(["FR"]) == exact()
    assert pipeline.counts(["BE"]) == {}


def test_night_repairs_what_a_hand_has_broken() -> None:
    enrollment = make_submitted()
    SITUATIONS["ours"](enrollment)
    right = entry(enrollment).views
    PipelineEntry.objects.update(rank=5, parts=[], views=["all"])
    PipelineCount.objects.create(country_id="FR", view="all", number=77)

    pipeline.repair(NOW)

    assert entry(enrollment).views == right
    assert pipeline.counts(None) == exact()


def test_what_changes_with_the_day_is_kept_on_that_day() -> None:
    enrollment = make_submitted()
    FileWork.objects.create(enrollment=enrollment, follow_up_on=dt.date(2999, 1, 1))
    assert (entry(enrollment).parts, entry(enrollment).next_change_on) == ([], dt.date(2999, 1, 1))
    # The database's own day decides, so the row is made to look as it would have looked yesterday.
    FileWork.objects.update(follow_up_on=NOW.date())
    PipelineEntry.objects.update(parts=[], next_change_on=NOW.date())

    assert pipeline.follow_the_day(NOW) == 1

    assert entry(enrollment).parts == ["follow_up"]


def test_refused_for_good_is_a_view_of_its_own() -> None:
    enrollment = make_submitted()
    put(enrollment, Kind.DOMAIN, Phase.WITH_MICROSOFT)
    put(enrollment, Kind.DOMAIN, Phase.REFUSED)

    assert check_of(enrollment, Kind.DOMAIN, MS).state == CheckState.REFUSED
    assert entry(enrollment).views == ["refused", "all"]


@translation.override("en-gb")
def table() -> str:
    lines = ["| points | why an enrollment stands where it does | needs a person |", "|---|---|---|"]
    lines += [
        f"| {part.points} | {part.label} (`{part.code}`) | {'yes' if part.code in pipeline.NEEDS_A_PERSON else ''} |"
        for part in pipeline.PARTS
    ]
    return "\n".join(lines)


def test_readme_prints_the_table() -> None:
    printed_tables.check("onboarding/README.md", "priority", table())


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"])
def test_today_is_the_portal_s_in_every_zone_of_the_connection(zone: str) -> None:
    """A connection's own zone is up to a day ahead or behind."""
    file = make_submitted()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE %s", [zone])
        FileWork.objects.create(enrollment=file, follow_up_on=timezone.localdate())
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")

    assert "follow_up" in entry(file).parts


def test_each_view_has_an_index_or_is_one_of_the_large_ones() -> None:
    """A page of a view that holds few is found without reading all that stands before them in the queue."""
    # A page of these is found at once: many enrollments are in them, or those that are come first in the queue.
    large = {"needs_me", "partner", "microsoft", "open", "all"}

    assert {view.code for view in pipeline.VIEWS} - large == set(VIEWS_WITH_INDEX)


@pytest.mark.parametrize("view", [*VIEWS_WITH_INDEX])
def test_a_view_with_few_is_read_by_its_own_index(view: str) -> None:
    with connection.cursor() as cursor:
        # Whatever little rows a test has, the plan is the one of many.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        rows = PipelineEntry.objects.filter(views__contains=[view]).order_by("rank", "since", "enrollment")[:50]

        assert f"pipeline_{view}" in rows.explain()
