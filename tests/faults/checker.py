"""The one checker: SQL over the database and the witness's log, after every fault has healed and the load has drained.

I1 nothing acknowledged is lost. I2 nothing passed that nobody looked at. I3 every state is reached along the table of
moves, and is the one that the world says. I4 no write by an older claim after a newer one. I5 every mail that was
committed arrived, no other did. I6 nothing waits longer than it should. I7 calls and attempts are bounded. I8 history
is complete. I10 nothing is left behind. (I9, the web answers, is the visitor's to say.)
"""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

from onboarding.phases import MOVES, Phase
from portal.notices.models import Mail
from tests.faults.servers import Call, Witness

# What each look of the load leaves in the witness's log: (service, path, subject as SQL).
LOOKS = {
    ("mpn_id", "microsoft"): ("partner_center", "/v1/profiles/mpn", "e.mpn_id"),
    ("location", "microsoft"): ("partner_center", "/v1/compliance/csp/agreementstatus", "e.location_mpn_id"),
    ("email", "portal"): ("dns", "MX", "p.mail_domain"),
    ("domain", "portal"): ("dns", "TXT", "'_imcloud-onboarding-challenge.' || p.mail_domain"),
    ("legal_entity", "portal"): ("register", "/search", "p.registration_number"),
}
ENDED = {
    ("mpn_id", "microsoft"): ("passed", ""),
    ("location", "microsoft"): ("passed", ""),
    ("email", "portal"): ("action_needed", "confirm_mail"),
    ("domain", "portal"): ("passed", ""),
    ("legal_entity", "portal"): ("passed", ""),
}
MAILS_A_FILE = 2  # the challenge to the contact, and word of it to the owner


@dataclass
class Allowed:
    """What this experiment's fault makes legitimate. ``calls`` and ``mails`` are repeats over the whole load."""

    calls: int = 0
    mails: int = 0
    parked: set[int] = field(default_factory=set)
    other_ends: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    more_mails: int = 0
    late_seconds: float = 15


@dataclass
class Found:
    """In Jepsen's words, of checks and mails; ``broken`` names each invariant that does not hold, with an example."""

    lost: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    duplicated: int = 0
    recovered: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not (self.lost or self.unexpected or self.broken)


def rows(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def check(witness: Witness, *, acknowledged: set[str], unknown: set[str], allowed: Allowed) -> Found:
    found = Found()
    calls = witness.calls()
    _submissions(found, acknowledged, unknown)
    # Rows that somebody else took up after their holder's lease had ended.
    found.recovered += rows("SELECT coalesce(sum(expired), 0)::int FROM portal_lane")[0][0]
    _checks(found, calls, allowed)
    _mails(found, calls, allowed)
    _history(found)
    _nothing_left(found, allowed)
    return found


def _submissions(found: Found, acknowledged: set[str], unknown: set[str]) -> None:
    states = dict(rows("SELECT id::text, state FROM onboarding_enrollment"))
    found.lost += [f"I1 file {pk} was acknowledged" for pk in acknowledged if states.get(pk) in (None, "draft")]
    found.recovered += sum(states.get(pk) == "submitted" for pk in unknown)


def unended() -> list[tuple[Any, ...]]:
    """Checks of the load that were started and have no answer yet."""
    return rows(
        """SELECT id, kind, authority, state, reason, lease_until, attempt FROM onboarding_check
        WHERE lane NOT IN ('', 'desk') AND subject_key <> '' AND parked_at IS NULL
          AND (reason IN ('looking', 'txt_not_found', 'dns_error', 'dns_timeout') OR state = 'not_started'
               OR lease_until IS NOT NULL OR next_check_at <= now())"""
    )


def unsent() -> list[tuple[Any, ...]]:
    return rows(
        "SELECT id, subject FROM notices_mail WHERE sent_at IS NULL AND refused_at IS NULL AND parked_at IS NULL"
    )


def _checks(found: Found, calls: list[Call], allowed: Allowed) -> None:
    found.lost += [f"I1 check {row}" for row in unended()]
    found.lost += [
        f"I1 check {pk} parked: {why}"
        for pk, why in rows("SELECT id, parked_why FROM onboarding_check WHERE parked_at IS NOT NULL")
        if pk not in allowed.parked
    ]
    counted: dict[tuple[str, str, str], int] = {}
    for call in calls:
        counted[call.service, call.path, call.subject] = counted.get((call.service, call.path, call.subject), 0) + 1
    repeats = 0
    for (kind, authority), (service, path, subject) in LOOKS.items():
        for pk, state, reason, asked, attempt in rows(
            f"""SELECT c.id, c.state, c.reason, {subject}, c.attempt FROM onboarding_check c
            JOIN onboarding_enrollment e ON e.id = c.enrollment_id JOIN partners_partner p ON p.id = e.partner_id
            WHERE c.kind = %s AND c.authority = %s AND c.subject_key <> '' AND c.parked_at IS NULL""",
            [kind, authority],
        ):
            seen = counted.get((service, path, asked), 0)
            if not seen:
                found.unexpected.append(f"I2 check {pk} ({kind}) is {state}, and nobody asked about {asked}")
            if (state, reason) not in allowed.other_ends.get(pk, {ENDED[kind, authority]}) and reason != "looking":
                found.unexpected.append(f"I3 check {pk} ({kind}) ended as {state} {reason}")
            if attempt > settings.WORK_MAX_ATTEMPTS:
                found.broken.append(f"I7 check {pk}: {attempt} attempts")
            # DNS is asked by datagrams, which a resolver repeats by itself.
            repeats += max(0, seen - 1) if service != "dns" else 0
    found.duplicated += repeats
    if repeats > allowed.calls:
        found.broken.append(f"I7 {repeats} calls more than one for each look, {allowed.calls} allowed")


def _mails(found: Found, calls: list[Call], allowed: Allowed) -> None:
    found.lost += [f"I5 mail {row} was written and not sent" for row in unsent()]
    delivered: dict[str, int] = {}
    for call in calls:
        if (call.service, call.path) == ("smtp", "DATA"):
            delivered[call.subject] = delivered.get(call.subject, 0) + 1
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    written = {f"<mail-{mail.pk}@{domain}>": mail for mail in Mail.objects.all()}
    found.unexpected += [f"I5 mail {name} arrived and was never committed" for name in delivered if name not in written]
    found.lost += [
        f"I5 mail {name} is marked sent and never arrived"
        for name, mail in written.items()
        if mail.sent_at and name not in delivered
    ]
    confirmed = rows("SELECT count(*) FROM onboarding_mailboxchallenge WHERE replaced_at IS NULL")[0][0]
    if len(written) != MAILS_A_FILE * confirmed + allowed.more_mails:
        found.unexpected.append(f"I5 {len(written)} mails were written for {confirmed} open challenges")
    repeats = sum(times - 1 for times in delivered.values())
    found.duplicated += repeats
    if repeats > allowed.mails:
        found.broken.append(f"I5 {repeats} mails arrived twice, {allowed.mails} allowed")


def _history(found: Found) -> None:
    last: dict[int, tuple[str, str, str, int]] = {}
    changes: dict[int, int] = {}
    for pk, phase, turn, reason, claim in rows(
        "SELECT pgh_obj_id, phase, turn, reason, claim_no FROM onboarding_checkhistory ORDER BY pgh_id"
    ):
        if pk in last:
            before = last[pk]
            if before[0] != phase and phase not in MOVES[Phase(before[0])]:
                found.broken.append(f"I3 check {pk} went from {before[0]} to {phase}")
            if claim < before[3]:
                found.broken.append(f"I4 check {pk}: claim {claim} wrote after claim {before[3]}")
            changes[pk] = changes.get(pk, 0) + ((before[0], before[2]) != (phase, reason))
        last[pk] = (phase, turn, reason, claim)
    for pk, phase, turn, reason in rows("SELECT id, phase, turn, reason FROM onboarding_check"):
        if last.get(pk, ("",) * 4)[:3] != (phase, turn, reason):
            found.broken.append(f"I8 check {pk} is {phase} {turn} {reason}, its history ends with {last.get(pk)}")
    told = dict(
        rows(
            """SELECT c.id, count(*) FROM onboarding_event v
            JOIN onboarding_check c ON c.enrollment_id = v.enrollment_id
            AND c.kind = v.check_kind AND c.authority = v.check_authority
            WHERE v.kind LIKE 'check_%%' AND v.kind <> 'check_seconded' GROUP BY c.id"""
        )
    )
    for pk, count in changes.items():
        if told.get(pk, 0) != count:
            found.broken.append(f"I8 check {pk} changed {count} times, {told.get(pk, 0)} lines tell of it")


def _nothing_left(found: Found, allowed: Allowed) -> None:
    for table in ("onboarding_check", "notices_mail"):
        [(late,)] = rows(
            f"""SELECT coalesce(extract(epoch FROM max(now() - next_check_at)), 0)::float FROM {table}
            WHERE next_check_at <= now() AND parked_at IS NULL"""
        )
        if late > allowed.late_seconds:
            found.broken.append(f"I6 a row of {table} is due since {late:.0f} s")
        [(held,)] = rows(f"SELECT count(*) FROM {table} WHERE lease_until < now() AND parked_at IS NULL")
        if held:
            found.broken.append(f"I10 {held} rows of {table} are held by nobody")
    [(idle,)] = rows(
        """SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'
        AND datname = current_database() AND now() - state_change > interval '3 s' AND pid <> pg_backend_pid()"""
    )
    if idle:
        found.broken.append(f"I10 {idle} transactions were left open")
