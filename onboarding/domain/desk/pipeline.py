"""The pipeline's rules: why an enrollment needs a person, how soon, and in which views it stands.

One table of parts and one of views make the database's function ``onboarding_pipeline_keep``: triggers call it for
every change of what it reads (checks, clocks, messages, work), so a row is right even after somebody's own SQL. What
changes with the day (a follow-up, a suspension that comes near) is kept by ``follow_the_day``. Days are the portal's
(``TIME_ZONE``): at half past midnight in Paris, what is due today is due.

The points are ours: what ends soonest or waits for Ingram comes first. ``onboarding/README.md`` prints both tables.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions.steps import STEPS
from onboarding.domain.reasons.consequences import CONSEQUENCES, SUSPENDED_AFTER, Consequence
from onboarding.enums import VALIDATIONS, Authority, EnrollmentState
from onboarding.models.pipeline import PipelineCount, PipelineEntry
from onboarding.models.pipeline_trigger import KEEP
from onboarding.phases import AWAITS_REVIEW, Phase

SUSPENSION_NEAR = dt.timedelta(days=10)
READY_LATELY = dt.timedelta(days=7)
BATCH = 5000


@dataclass(frozen=True)
class Part:
    """A reason to look at an enrollment. ``sql`` is its condition over the facts of the function below."""

    code: str
    points: int
    label: str | Promise
    sql: str


PARTS: tuple[Part, ...] = (
    Part(
        "suspension_near", 100, _("Microsoft's suspension is near, or its day is past"),
        f"is_open AND refused_at IS NOT NULL AND suspension_on <= today + {SUSPENSION_NEAR.days}",
    ),
    Part("follow_up", 90, _("Follow-up due"), "follow_up_on <= today"),
    Part("came_back", 80, _("The partner has answered"), "is_open AND came_back"),
    Part("second", 75, _("A second person must confirm"), "is_open AND second"),
    Part("parked", 70, _("A technical problem is parked"), "parked"),
    Part(
        "ours", 60, _("Ingram Micro must look"),
        "is_open AND ingram_since IS NOT NULL AND NOT came_back AND NOT second",
    ),
    Part("contradicted", 55, _("Two sources contradict each other"), "contradicted AND NOT is_over"),
    Part("unread", 50, _("A message nobody has read"), "unread"),
    Part(
        "suspension", 45, _("Microsoft has refused"),
        f"is_open AND refused_at IS NOT NULL AND suspension_on > today + {SUSPENSION_NEAR.days}",
    ),
    Part("long_tail", 40, _("Over twelve weeks"), "alarm = 'long_tail' AND is_open"),
    Part("licences", 30, _("Customers' licences at risk"), "licences > 0 AND NOT is_over"),
    Part("at_risk", 25, _("At risk of twelve weeks"), "alarm = 'at_risk' AND is_open"),
    Part("microsoft_late", 20, _("Overdue at Microsoft"), "is_open AND microsoft_since IS NOT NULL AND microsoft_late"),
    Part("changed_here", 10, _("Changed here after Microsoft had it"), "changed_here AND NOT is_over"),
)  # fmt: skip
POINTS = {part.code: part.points for part in PARTS}
LABELS = {part.code: part.label for part in PARTS}
# Somebody at Ingram has to act on these; the others explain why an enrollment stands where it does.
NEEDS_A_PERSON = (
    "suspension_near", "follow_up", "came_back", "second", "parked", "ours", "contradicted", "unread",
)  # fmt: skip


@dataclass(frozen=True)
class PipelineView:
    """A view of the desk. ``sql`` is its condition over the facts and ``parts``; empty for all."""

    code: str
    label: str | Promise
    sql: str


def _has(*parts: str) -> str:
    return "parts && ARRAY[{}]::varchar[]".format(", ".join(f"'{part}'" for part in parts))


VIEWS: tuple[PipelineView, ...] = (
    PipelineView("needs_me", _("Needs us"), _has(*NEEDS_A_PERSON)),
    PipelineView("due", _("Follow-up due"), _has("follow_up")),
    PipelineView("came_back", _("Partner answered"), _has("came_back")),
    PipelineView("second", _("Second person"), _has("second")),
    PipelineView("unread", _("Unread"), _has("unread")),
    PipelineView("contradicted", _("Contradicted"), _has("contradicted")),
    PipelineView("parked", _("Parked"), _has("parked")),
    PipelineView("suspension", _("Refused by Microsoft"), _has("suspension", "suspension_near")),
    PipelineView("at_risk", _("At risk"), _has("at_risk", "long_tail", "licences", "suspension_near")),
    PipelineView("long_tail", _("Over 12 weeks"), _has("long_tail")),
    PipelineView("microsoft_late", _("Overdue at Microsoft"), _has("microsoft_late")),
    PipelineView("partner", _("Partner's turn"), "is_open AND turn = 'reseller'"),
    PipelineView("microsoft", _("With Microsoft"), "is_open AND turn = 'microsoft'"),
    PipelineView("drafts", _("Drafts"), "is_draft AND set_aside_at IS NULL"),
    PipelineView("open", _("All open"), "is_open OR (is_draft AND set_aside_at IS NULL)"),
    PipelineView(
        "ready_lately", _("Ready this week"), f"is_ready AND ready_at > now() - interval '{READY_LATELY.days} days'"
    ),
    PipelineView("ready", _("Ready"), "is_ready"),
    PipelineView("set_aside", _("Set aside"), "set_aside_at IS NOT NULL"),
    PipelineView("refused", _("Refused for good"), "is_refused AND NOT is_withdrawn"),
    PipelineView("withdrawn", _("Withdrawn"), "is_withdrawn AND NOT was_draft"),
    PipelineView("all", _("All"), "NOT (is_withdrawn AND was_draft)"),
)
DEFAULT_VIEW = "needs_me"


def sql_of_keep() -> str:
    """Return the function's body: it writes the pipeline's rows of the enrollments ``files`` (their keys)."""
    parts = ",\n            ".join(f"CASE WHEN {part.sql} THEN '{part.code}' END" for part in PARTS)
    views = ",\n            ".join(f"CASE WHEN {view.sql} THEN '{view.code}' END" for view in VIEWS)
    points = "\n            ".join(f"WHEN '{part.code}' THEN {part.points}" for part in PARTS)
    ranks = "\n            ".join(f"WHEN '{code}' THEN {rank.value}" for code, rank in CONSEQUENCES.items())
    steps = ", ".join(f"'{kind}'" for step in STEPS for kind, _authority in step.decided_by)
    kinds = ", ".join(f"'{kind}'" for kind in VALIDATIONS)
    reviews = ", ".join(f"'{phase}'" for phase in AWAITS_REVIEW)
    return _KEEP.format(
        parts=parts, views=views, points=points, ranks=ranks, steps=steps, kinds=kinds, reviews=reviews,
        second=Phase.BDM_SECONDS, microsoft=Authority.MICROSOFT, draft=EnrollmentState.DRAFT,
        submitted=EnrollmentState.SUBMITTED, ready=EnrollmentState.READY, withdrawn=EnrollmentState.WITHDRAWN,
        suspended=SUSPENDED_AFTER.days, zone=settings.TIME_ZONE,
        near=SUSPENSION_NEAR.days, lately=READY_LATELY.days, other=Consequence.WOULD_BE_REFUSED.value,
    )  # fmt: skip


_KEEP = """
BEGIN
WITH per_file AS (
    SELECT enrollment_id,
        min(turn_since) FILTER (WHERE turn = 'ingram') AS ingram_since,
        min(turn_since) FILTER (WHERE turn = 'reseller') AS reseller_since,
        min(turn_since) FILTER (WHERE turn = 'microsoft') AS microsoft_since,
        min(refused_at) AS refused_at,
        bool_or(state = 'refused') AS is_refused,
        bool_or(phase IN ({reviews})) AS came_back,
        bool_or(phase = '{second}') AS second,
        bool_or(parked_at IS NOT NULL) AS parked,
        bool_or(contradicted_at IS NOT NULL) AS contradicted,
        bool_or(changed_here_at IS NOT NULL) AS changed_here,
        count(*) FILTER (WHERE state IN ('passed', 'waived') AND kind IN ({steps})) AS steps_done
    FROM onboarding_check WHERE enrollment_id = ANY(files) GROUP BY enrollment_id
), facts AS (
    SELECT e.id, e.country_id, e.set_aside_at, e.ready_at, e.progressed_at, e.created_at, per_file.*,
        e.state = '{draft}' AS is_draft,
        e.state = '{ready}' AS is_ready,
        e.state = '{submitted}' AND NOT coalesce(is_refused, false) AS is_open,
        e.state = '{withdrawn}' AS is_withdrawn,
        e.withdrawn_from = '{draft}' AS was_draft,
        e.set_aside_at IS NOT NULL OR e.state = '{withdrawn}' OR coalesce(is_refused, false) AS is_over,
        coalesce(clock.alarm, '') AS alarm,
        work.owner_id, work.follow_up_on,
        coalesce(entry.licences_at_risk, 0) AS licences,
        (now() AT TIME ZONE '{zone}')::date AS today,
        (per_file.refused_at AT TIME ZONE '{zone}' + interval '{suspended} days')::date AS suspension_on,
        EXISTS (
            SELECT FROM onboarding_message AS m WHERE m.enrollment_id = e.id AND NOT m.by_staff AND m.id > coalesce((
                SELECT max(r.upto) FROM onboarding_reading AS r JOIN places_bdm AS b ON b.user_id = r.user_id
                WHERE r.enrollment_id = e.id), 0)
        ) AS unread,
        EXISTS (
            SELECT FROM onboarding_strike AS s WHERE s.enrollment_id = e.id AND s.clock = 'microsoft'
            AND s.struck_at >= per_file.microsoft_since
        ) AS microsoft_late
    FROM onboarding_enrollment AS e
    LEFT JOIN per_file ON per_file.enrollment_id = e.id
    LEFT JOIN onboarding_clock AS clock ON clock.enrollment_id = e.id
    LEFT JOIN onboarding_filework AS work ON work.enrollment_id = e.id
    LEFT JOIN onboarding_pipelineentry AS entry ON entry.enrollment_id = e.id
    WHERE e.id = ANY(files)
), turned AS (
    SELECT facts.*,
        CASE WHEN is_over OR is_ready THEN 'nobody'
             WHEN ingram_since IS NOT NULL THEN 'ingram'
             WHEN reseller_since IS NOT NULL OR is_draft THEN 'reseller'
             WHEN microsoft_since IS NOT NULL THEN 'microsoft'
             ELSE 'nobody' END AS turn
    FROM facts
), parted AS (
    SELECT turned.*, array_remove(ARRAY[
            {parts}
        ], NULL)::varchar[] AS parts
    FROM turned
), decided AS (
    SELECT parted.*, array_remove(ARRAY[
            {views}
        ], NULL)::varchar[] AS views,
        (SELECT coalesce(sum(CASE part
            {points}
            END), 0) FROM unnest(parts) AS part) AS points,
        deciding.kind, deciding.authority, deciding.reason
    FROM parted
    LEFT JOIN LATERAL (
        SELECT c.kind, c.authority, c.reason FROM onboarding_check AS c
        WHERE c.enrollment_id = parted.id AND c.turn = parted.turn AND parted.turn <> 'nobody'
        ORDER BY CASE WHEN parted.turn <> 'reseller' THEN 0 WHEN c.refused_at IS NOT NULL THEN 2 ELSE CASE c.reason
            {ranks}
            ELSE {other} END END, c.turn_since, c.id
        LIMIT 1
    ) AS deciding ON true
)
INSERT INTO onboarding_pipelineentry AS kept (
    enrollment_id, country_id, turn, since, rank, parts, views, kind, authority, reason, steps_done, progressed_at,
    suspension_on, owner_id, follow_up_on, licences_at_risk, next_change_on
)
SELECT id, country_id, turn,
    coalesce(CASE turn WHEN 'ingram' THEN ingram_since WHEN 'reseller' THEN reseller_since
        WHEN 'microsoft' THEN microsoft_since END, set_aside_at, ready_at, progressed_at),
    -points, parts, views, coalesce(kind, ''), coalesce(authority, ''), coalesce(reason, ''), coalesce(steps_done, 0),
    progressed_at, suspension_on, owner_id, follow_up_on, licences,
    (SELECT min(day) FROM unnest(ARRAY[
        follow_up_on, suspension_on - {near},
        CASE WHEN is_ready THEN (ready_at AT TIME ZONE '{zone}')::date + {lately} + 1 END
    ]) AS day WHERE day > today)
FROM decided
ON CONFLICT (enrollment_id) DO UPDATE SET
    country_id = excluded.country_id, turn = excluded.turn, since = excluded.since, rank = excluded.rank,
    parts = excluded.parts, views = excluded.views, kind = excluded.kind, authority = excluded.authority,
    reason = excluded.reason, steps_done = excluded.steps_done, progressed_at = excluded.progressed_at,
    suspension_on = excluded.suspension_on, owner_id = excluded.owner_id, follow_up_on = excluded.follow_up_on,
    next_change_on = excluded.next_change_on
WHERE (kept.country_id, kept.turn, kept.since, kept.rank, kept.parts, kept.views, kept.kind, kept.authority,
       kept.reason, kept.steps_done, kept.progressed_at, kept.suspension_on, kept.owner_id, kept.follow_up_on,
       kept.next_change_on)
  IS DISTINCT FROM
      (excluded.country_id, excluded.turn, excluded.since, excluded.rank, excluded.parts, excluded.views,
       excluded.kind, excluded.authority, excluded.reason, excluded.steps_done, excluded.progressed_at,
       excluded.suspension_on, excluded.owner_id, excluded.follow_up_on, excluded.next_change_on);
END;
"""


# Planned once a session: PostgreSQL would plan this statement again for every call, for 6 ms instead of 1, because its
# guess at the length of ``files`` makes the plan for any length look dear.
_HEAD = f"""CREATE OR REPLACE FUNCTION {KEEP}(files uuid[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan"""


def sql_of_function() -> str:
    """Return the statement that makes, or replaces, the function in the database."""
    return f"{_HEAD} AS $keep${sql_of_keep()}$keep$"


def keep(files: Sequence[uuid.UUID]) -> None:
    """Write the rows of these enrollments again."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {KEEP}(%s::uuid[])", [list(files)])


def follow_the_day(now: dt.datetime) -> int:
    """Write the rows that change with the day. Return how many were written."""
    due = list(
        PipelineEntry.objects.filter(next_change_on__lte=timezone.localdate(now)).values_list("pk", flat=True)[
            : BATCH * 10
        ]
    )
    for start in range(0, len(due), BATCH):
        keep(due[start : start + BATCH])
    return len(due)


def set_licences(at_risk: Iterable[tuple[uuid.UUID, int]]) -> None:
    """Write how many licences each enrollment's customers may lose (the rest loses none), and keep those rows."""
    wanted = dict(at_risk)
    known = dict(PipelineEntry.objects.exclude(licences_at_risk=0).values_list("pk", "licences_at_risk"))
    changed = [pk for pk in {*wanted, *known} if wanted.get(pk, 0) != known.get(pk, 0)]
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]
        rows = [PipelineEntry(pk=pk, licences_at_risk=wanted.get(pk, 0)) for pk in batch]
        PipelineEntry.objects.bulk_update(rows, ["licences_at_risk"])
        keep(batch)


# --- numbers of views -------------------------------------------------------------------------------------------------


_COUNTS = """
SELECT view, sum(number) FROM onboarding_pipelinecount WHERE %(everywhere)s OR country_id = ANY(%(countries)s)
GROUP BY view HAVING sum(number) <> 0
UNION ALL
SELECT 'mine', count(*) FROM onboarding_pipelineentry
WHERE owner_id = ANY(%(owners)s) AND views @> ARRAY['open']::varchar[]
UNION ALL
SELECT 'starred', count(*) FROM onboarding_star AS s JOIN onboarding_pipelineentry AS e USING (enrollment_id)
WHERE s.user_id = %(user)s AND (%(everywhere)s OR e.country_id = ANY(%(countries)s))
"""


def counts(countries: Iterable[str] | None, *, owners: Sequence[int] = ()) -> dict[str, int]:
    """Return how many enrollments of these countries (None: all) are in each view, without counting rows.

    "mine" is how many open ones the ``owners`` have, "starred" how many the first of them has marked.
    """
    values: dict[str, Any] = {"everywhere": countries is None, "countries": list(countries or ())}
    values |= {"owners": list(owners), "user": owners[0] if owners else None}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        return {view: int(number) for view, number in cursor.fetchall() if number}


_ADD_UP = """
WITH taken AS (
    DELETE FROM onboarding_pipelinecount WHERE id IN (
        SELECT id FROM onboarding_pipelinecount WHERE NOT is_total ORDER BY id LIMIT 50000 FOR UPDATE SKIP LOCKED
    ) RETURNING country_id, view, number
)
INSERT INTO onboarding_pipelinecount AS kept (country_id, view, number, is_total)
SELECT country_id, view, sum(number), true FROM taken GROUP BY country_id, view HAVING sum(number) <> 0
ON CONFLICT (country_id, view) WHERE is_total DO UPDATE SET number = kept.number + excluded.number
"""


def add_up(_now: dt.datetime) -> None:
    """Add the differences to the totals, so that few rows have to be read."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_UP)


_NEXT_FILES = """
SELECT array_agg(id) FROM (SELECT id FROM onboarding_enrollment WHERE id > %s ORDER BY id LIMIT %s) AS e
"""


def repair(_now: dt.datetime) -> None:
    """Write every row and every total again: a fault of ours, or somebody's SQL, lasts a night at most."""
    last = uuid.UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_FILES, [last, BATCH])
            files = cursor.fetchone()[0]
        if not files:
            break
        keep(files)
        last = files[-1]
    recount()


@transaction.atomic
def recount() -> None:
    """Count the views' rows and write the totals; changes wait meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE onboarding_pipelineentry IN SHARE MODE")
        PipelineCount.objects.all().delete()
        cursor.execute(
            "INSERT INTO onboarding_pipelinecount (country_id, view, number, is_total) "
            "SELECT country_id, unnest(views), count(*), true FROM onboarding_pipelineentry GROUP BY 1, 2"
        )
