"""Any order of claims, answers, pauses, expiries, parkings and requeues on real rows, against a dict as the model."""

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from onboarding.domain.checks import recording, requeueing, writer
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.enums import CheckState, Kind
from onboarding.models import Check
from onboarding.models.check import Check as CheckModel
from onboarding.phases import MOVES, Phase
from portal.work import claims
from portal.work.models import Queue
from tests.builders import NOW, make_bdm, make_submitted

pytestmark = pytest.mark.faults
LEASE_SECONDS = 60
THOROUGH = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
QUEUE, KINDS = "recherche_entreprises", (Kind.LEGAL_ENTITY, Kind.LOCATION)
# What a look may bring, and where that leads (``reasons``).
FINDINGS = {
    "good": (Outcome.GOOD, "", CheckState.PASSED),
    "bad": (Outcome.BAD, "name_differs", CheckState.ACTION_NEEDED),
    "undecided": (Outcome.UNDECIDED, "looking", CheckState.IN_PROGRESS),
}


class Claims(RuleBasedStateMachine):
    """Workers hold claims for as long as they like; time goes by only when a rule says so."""

    held: Any = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        enrollment = make_submitted()
        Queue.objects.filter(name=QUEUE).update(rate=1000, burst=1000, tokens=1000)
        Check.objects.update(next_check_at=None, lease_until=None)
        rows = Check.objects.filter(enrollment=enrollment, kind__in=KINDS, reason="looking")
        rows.update(queue=QUEUE, next_check_at=NOW)
        self.bdm = make_bdm("FR").user
        # Ahead of the database's own clock, which a requeue uses.
        self.now = claims.database_now() + dt.timedelta(days=1)
        self.model = {
            row.pk: {
                "claim": row.claim_no,
                "holder": 0,
                "due": row.next_check_at,
                "state": row.state,
                "parked": False,
                "reason": "looking",
            }
            for row in rows
        }
        assert len(self.model) == 2

    @rule(target=held)
    def claim(self) -> Any:
        """The oldest due row that is not parked, or none."""
        taken = claims.claim_due(Check, queue=QUEUE, limit=1, now=self.now, lease_seconds=LEASE_SECONDS)
        due = [pk for pk, row in self.model.items() if row["due"] and row["due"] <= self.now and not row["parked"]]
        assert bool(taken) == bool(due)
        for claim in taken:
            row = self.model[claim.pk]
            assert claim.pk in due
            assert claim.number == row["claim"] + 1
            row.update(claim=claim.number, holder=claim.number, due=self.now + dt.timedelta(seconds=LEASE_SECONDS))
            return claim
        return None

    @rule(claim=held, what=st.sampled_from(sorted(FINDINGS)))
    def answer(self, claim: claims.Claim | None, what: str) -> None:
        """Sooner or later, once or twice; only the holder's first answer counts."""
        if claim is None:
            return
        row = self.model[claim.pk]
        outcome, reason, state = FINDINGS[what]
        again = self.now + dt.timedelta(hours=1)

        finding = Finding(outcome, self.now, reason=reason, retry_at=again)
        won = recording.record(claim=claim, finding=finding, now=self.now)

        assert won == (row["holder"] == claim.number)
        if won:
            due = Check.objects.get(pk=claim.pk).next_check_at
            assert (due is None) == (state == CheckState.PASSED)
            row.update(holder=0, state=state, due=due, reason=reason)

    @rule(claim=consumes(held))
    def forget(self, claim: claims.Claim | None) -> None:
        """A worker dies: nothing happens."""

    @rule(claim=held)
    def park(self, claim: claims.Claim | None) -> None:
        if claim is None:
            return
        row = self.model[claim.pk]
        requeueing.park(claim=claim, why="poison", now=self.now)
        if row["holder"] == claim.number:
            row.update(holder=0, parked=True, state=CheckState.IN_PROGRESS, due=self.now, reason="parked")

    @rule(number=st.integers(0, 1))
    def requeue(self, number: int) -> None:
        pk = sorted(self.model)[number]
        row = self.model[pk]
        check = Check.objects.select_related("enrollment").get(pk=pk)

        assert requeueing.unpark(check=check, by=self.bdm, why="mended", now=self.now) == row["parked"]

        if row["parked"]:
            row.update(parked=False, due=Check.objects.get(pk=pk).next_check_at, reason="looking")

    @rule(seconds=st.sampled_from([1, LEASE_SECONDS, 4000]))
    def time_goes_by(self, seconds: int) -> None:
        """Leases end, checks fall due."""
        self.now += dt.timedelta(seconds=seconds)

    @rule(claim=held)
    def resume_after_the_answers_changed(self, claim: claims.Claim | None) -> None:
        """Give a new claim number, like ``look_again`` and a changed answer: the worker's answer is stale."""
        if claim is None or self.model[claim.pk]["parked"]:
            return
        Check.objects.filter(pk=claim.pk).update(**writer.new_claim())
        row = self.model[claim.pk]
        row.update(claim=row["claim"] + 1, holder=0)

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        for row in Check.objects.filter(pk__in=self.model):
            mine = self.model[row.pk]
            seen = {
                "claim": row.claim_no,
                "holder": row.claim_no if row.lease_until else 0,
                "due": row.next_check_at,
                "state": row.state,
                "parked": row.parked_at is not None,
                "reason": row.reason,
            }
            assert seen == mine

    @invariant()
    def history_is_a_path_and_claims_only_grow(self) -> None:
        for pk in self.model:
            lines = list(CheckModel.history.rel.related_model.objects.filter(pgh_obj_id=pk).order_by("pgh_id"))
            for before, after in itertools.pairwise(lines):
                assert before.claim_no <= after.claim_no
                assert before.phase == after.phase or after.phase in MOVES[Phase(before.phase)]


@pytest.mark.django_db(transaction=True)
def test_any_order_of_deeds_leaves_one_winner(settings: Any) -> None:
    settings.RECHERCHE_ENTREPRISES_URL = "http://register.test"
    run_state_machine_as_test(Claims, settings=THOROUGH)
