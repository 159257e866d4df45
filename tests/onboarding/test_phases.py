"""The table of phases, held against the database, the documentation and the catalogue of reasons."""

from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, InternalError, transaction

from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import Authority, CheckState, Kind, Turn
from onboarding.models import Check
from onboarding.phases import MOVES, OPEN, PHASES, Phase, phase_of
from tests import printed_tables
from tests.builders import NOW, check_of, make_enrollment


def columns_of(phase: Phase) -> dict[str, Any]:
    """A row that every other constraint accepts."""
    row = PHASES[phase]
    is_open = phase in OPEN
    return {
        "phase": phase,
        "state": row.state,
        "turn": row.turn,
        "reason": next(iter(row.reasons), "name_differs") if is_open else "",
        "source": next(iter(row.by), ""),
        "turn_since": NOW,
        "settled_at": None if is_open or phase == Phase.NOT_STARTED else NOW,
        "note": "n",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("before", Phase)
def test_database_allows_the_moves_of_the_table_and_no_other(before: Phase) -> None:
    row = Check.objects.filter(pk=check_of(make_enrollment(), Kind.MPN_ID, Authority.MICROSOFT).pk)

    reached = set()
    for after in Phase:
        with pgtrigger.ignore("onboarding.Check:check_moves"):
            row.update(**columns_of(before))
        try:
            with transaction.atomic():
                row.update(**columns_of(after))
        except InternalError as error:
            assert "Invalid transition" in str(error)
        else:
            reached.add(after)

    assert reached == {before, *MOVES[before]}


@pytest.mark.django_db
@pytest.mark.parametrize("phase", [phase for phase, row in PHASES.items() if row.by])
def test_database_refuses_a_source_that_may_not_enter_a_phase(phase: Phase) -> None:
    row = Check.objects.filter(pk=check_of(make_enrollment(), Kind.MPN_ID, Authority.MICROSOFT).pk)
    before = next(other for other in Phase if phase in MOVES[other])
    with pgtrigger.ignore("onboarding.Check:check_moves"):
        row.update(**columns_of(before))

    with pytest.raises(InternalError, match="by nobody"), transaction.atomic():
        row.update(**columns_of(phase) | {"source": "nobody"})


@pytest.mark.django_db
@pytest.mark.parametrize("phase", Phase)
def test_database_ties_state_and_turn_to_the_phase(phase: Phase) -> None:
    row = Check.objects.filter(pk=check_of(make_enrollment(), Kind.MPN_ID, Authority.MICROSOFT).pk)
    with pgtrigger.ignore("onboarding.Check:check_moves"):
        row.update(**columns_of(phase))
    other_turn = Turn.INGRAM if PHASES[phase].turn != Turn.INGRAM else Turn.MICROSOFT
    other_state = CheckState.PASSED if PHASES[phase].state != CheckState.PASSED else CheckState.WAIVED

    for wrong in ({"turn": other_turn}, {"state": other_state}):
        with (
            pgtrigger.ignore("onboarding.Check:check_derives_phase"),
            pytest.raises(
                IntegrityError,
                match=r"check_(phase_has_state_and_turn|turn_only_while_open|action_has_reason_and_turn)",
            ),
            transaction.atomic(),
        ):
            row.update(**columns_of(phase) | wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("phase", [phase for phase in Phase if phase != Phase.NOT_STARTED])
def test_a_writer_that_names_no_phase_gets_the_one_that_is_meant(phase: Phase) -> None:
    """Programs of the version before phases write states and reasons during a deploy."""
    row = Check.objects.filter(pk=check_of(make_enrollment(), Kind.MPN_ID, Authority.MICROSOFT).pk)
    values = columns_of(phase)
    del values["phase"]
    expected = phase_of(values["state"], values["reason"], values["turn"])

    with pgtrigger.ignore("onboarding.Check:check_moves"):
        row.update(**values)

    assert row.get().phase == expected
    assert expected == phase or not PHASES[phase].reasons


def test_every_reason_means_one_phase_of_its_own_turn() -> None:
    for code, reason in SHIPPED.items():
        state = CheckState.ACTION_NEEDED if reason.turn == Turn.RESELLER else CheckState.IN_PROGRESS

        assert PHASES[phase_of(state, code, reason.turn)].turn == reason.turn


def test_refused_is_the_only_end() -> None:
    assert [phase for phase in Phase if not MOVES[phase]] == [Phase.REFUSED]
    assert {target for targets in MOVES.values() for target in targets} == set(Phase)


def table() -> str:
    lines = ["| phase | state | whose turn | entered by | leads to | what follows |", "|---|---|---|---|---|---|"]
    for phase, row in PHASES.items():
        leads = ", ".join(f"`{target}`" for target in MOVES[phase]) or "nothing"
        by = ", ".join(row.by) or "answers taken back"
        lines.append(f"| `{phase}` | {row.state} | {row.turn} | {by} | {leads} | {row.follows} |")
    return "\n".join(lines)


def test_readme_prints_the_table() -> None:
    printed_tables.check("onboarding/README.md", "phases", table())
