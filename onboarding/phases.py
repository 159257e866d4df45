"""The phases of a check: one table has each phase's state, whose turn it is, who may enter it, and what follows.

``CheckState`` is what the partner sees; the phase is what the portal does next. The database enforces this table: a
constraint ties state and turn to the phase, and a trigger refuses every move that ``MOVES`` does not list. A reason
only explains, for people. ``onboarding/README.md`` prints the table, and a test compares it with this module.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from onboarding.enums import CheckState, Source, Turn


class Phase(TextChoices):
    NOT_STARTED = "not_started", _("not started")
    QUEUED = "queued", _("our check is queued")
    WATCHING = "watching", _("our check keeps looking")
    BDM_LOOKS = "bdm_looks", _("a BDM looks, as no system can")
    BDM_COMPARES = "bdm_compares", _("a BDM compares what is similar")
    BDM_REVIEWS_ANSWER = "bdm_reviews_answer", _("a BDM reviews the partner's answer")
    BDM_REVIEWS_RESUBMISSION = "bdm_reviews_resubmission", _("a BDM reviews what went to Microsoft again")
    BDM_SECONDS = "bdm_seconds", _("a second BDM confirms")
    PARKED = "parked", _("parked for staff")
    WITH_MICROSOFT = "with_microsoft", _("Microsoft decides, and we are told")
    WATCHING_MICROSOFT = "watching_microsoft", _("Microsoft decides, and we look")
    PARTNER_ACTS = "partner_acts", _("the partner corrects or answers")
    CONFIRM_MAILBOX = "confirm_mailbox", _("the contact confirms the mailbox")
    PUBLISH_RECORD = "publish_record", _("the partner publishes the record")
    RENEW_RECORD = "renew_record", _("the partner asks for a new record")
    RESUBMIT = "resubmit", _("the partner submits to Microsoft again")
    PASSED = "passed", _("passed")
    REFUSED = "refused", _("refused for good")
    WAIVED = "waived", _("waived")


@dataclass(frozen=True)
class PhaseRow:
    """One line of the table. ``reasons`` are the codes that mean this phase and no other, the usual one first.

    ``by`` are the sources whose report or act may bring a check into the phase.
    """

    state: CheckState
    turn: Turn
    by: tuple[Source, ...]
    follows: str
    reasons: tuple[str, ...] = ()


_ANSWERS = (Source.RESELLER, Source.API)  # the partner changed an answer, or another check's finding did
_WORKER = (Source.API,)
_TOLD = (Source.RESELLER, Source.BDM, Source.IMPORT, Source.API, Source.INFERRED)
_SETTLED_OR_ASKED = (*_TOLD, Source.CONTACT)  # the primary contact confirms or declines on a page without sign-in
_BDM = (Source.BDM,)

PHASES: dict[Phase, PhaseRow] = {
    Phase.NOT_STARTED: PhaseRow(
        CheckState.NOT_STARTED, Turn.NOBODY, (), "Starts when the answers it is about are given and submitted."
    ),
    Phase.QUEUED: PhaseRow(
        CheckState.IN_PROGRESS, Turn.NOBODY, _ANSWERS, "A worker looks as soon as one is free.", ("looking",)
    ),
    Phase.WATCHING: PhaseRow(
        CheckState.IN_PROGRESS,
        Turn.NOBODY,
        _WORKER,
        "A worker looks again at growing intervals; nothing is held against the partner.",
    ),
    Phase.BDM_LOOKS: PhaseRow(
        CheckState.IN_PROGRESS, Turn.INGRAM, _TOLD, "A BDM confirms, asks, or waives.", ("desk_must_look",)
    ),
    Phase.BDM_COMPARES: PhaseRow(
        CheckState.IN_PROGRESS, Turn.INGRAM, _WORKER, "A BDM decides between two spellings; a worker goes on looking."
    ),
    Phase.BDM_REVIEWS_ANSWER: PhaseRow(
        CheckState.IN_PROGRESS,
        Turn.INGRAM,
        _ANSWERS,
        "A BDM accepts the answer, asks again, or lets the partner submit again.",
        ("answer_at_desk",),
    ),
    Phase.BDM_REVIEWS_RESUBMISSION: PhaseRow(
        CheckState.IN_PROGRESS,
        Turn.INGRAM,
        _ANSWERS,
        "Counts as a try with Microsoft; a BDM leaves it there or asks.",
        ("sent_unseen",),
    ),
    Phase.BDM_SECONDS: PhaseRow(
        CheckState.IN_PROGRESS,
        Turn.INGRAM,
        _BDM,
        "Another BDM confirms what a first one did, or asks.",
        ("second_person_needed",),
    ),
    Phase.PARKED: PhaseRow(
        CheckState.IN_PROGRESS, Turn.INGRAM, _WORKER, "Staff read why, and put it back into the queue.", ("parked",)
    ),
    Phase.WITH_MICROSOFT: PhaseRow(
        CheckState.IN_PROGRESS,
        Turn.MICROSOFT,
        _TOLD,
        "Microsoft's days run; an open request is accepted.",
        ("with_microsoft",),
    ),
    Phase.WATCHING_MICROSOFT: PhaseRow(
        CheckState.IN_PROGRESS, Turn.MICROSOFT, _WORKER, "Microsoft's days run; a worker looks for the result."
    ),
    Phase.PARTNER_ACTS: PhaseRow(
        CheckState.ACTION_NEEDED,
        Turn.RESELLER,
        _SETTLED_OR_ASKED,
        "A request is opened and mailed; its answers are reopened.",
    ),
    Phase.CONFIRM_MAILBOX: PhaseRow(
        CheckState.ACTION_NEEDED,
        Turn.RESELLER,
        _WORKER,
        "A link and a code are in the contact's mailbox for 24 hours.",
        ("confirm_mail",),
    ),
    Phase.PUBLISH_RECORD: PhaseRow(
        CheckState.ACTION_NEEDED,
        Turn.RESELLER,
        _WORKER,
        "The page shows the record, so no mail is sent; a worker looks for it.",
        ("txt_not_found", "txt_mismatch"),
    ),
    Phase.RENEW_RECORD: PhaseRow(
        CheckState.ACTION_NEEDED,
        Turn.RESELLER,
        _WORKER,
        "The record has expired; looking again makes a new one.",
        ("txt_expired",),
    ),
    Phase.RESUBMIT: PhaseRow(
        CheckState.ACTION_NEEDED,
        Turn.RESELLER,
        _BDM,
        "The answer is accepted; submitting again is another try.",
        ("send_again",),
    ),
    Phase.PASSED: PhaseRow(
        CheckState.PASSED,
        Turn.NOBODY,
        _SETTLED_OR_ASKED,
        "Requests are closed; what a ready enrollment depends on is looked at every night.",
    ),
    Phase.REFUSED: PhaseRow(CheckState.REFUSED, Turn.NOBODY, _BDM, "The enrollment ends here."),
    Phase.WAIVED: PhaseRow(CheckState.WAIVED, Turn.NOBODY, _BDM, "Counts as passed, with the BDM's reason."),
}

OPEN = tuple(phase for phase, row in PHASES.items() if row.state in (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED))
OF_THE_PARTNER = tuple(phase for phase, row in PHASES.items() if row.turn == Turn.RESELLER)
# A person at Ingram must review: no worker's answer ends these.
BDM_PHASES = (Phase.BDM_LOOKS, Phase.BDM_REVIEWS_ANSWER, Phase.BDM_REVIEWS_RESUBMISSION, Phase.BDM_SECONDS)
# Microsoft refused, and the BDM has not let the partner submit again yet, because tries are counted.
AWAITS_REVIEW = (Phase.BDM_REVIEWS_ANSWER, Phase.BDM_REVIEWS_RESUBMISSION)
# What the portal does itself. It has no source, so it is no report that another one could contradict.
OUR_OWN = (Phase.QUEUED, *BDM_PHASES, Phase.PARKED, Phase.RESUBMIT)
BY_REASON = {reason: phase for phase, row in PHASES.items() for reason in row.reasons}

_RESTARTED = (Phase.QUEUED, Phase.BDM_LOOKS, Phase.WITH_MICROSOFT, Phase.NOT_STARTED)
_SETTLED_BY_PEOPLE = (Phase.PASSED, Phase.WAIVED, Phase.REFUSED)
_FOUND = (Phase.WATCHING, Phase.WATCHING_MICROSOFT, Phase.BDM_COMPARES, Phase.PARTNER_ACTS, Phase.PASSED)
# Phases that only some others lead to.
_ONLY_FROM: dict[Phase, tuple[Phase, ...]] = {
    Phase.CONFIRM_MAILBOX: (Phase.QUEUED, Phase.WATCHING, Phase.PARTNER_ACTS),
    Phase.PUBLISH_RECORD: (Phase.QUEUED, Phase.WATCHING, Phase.PARTNER_ACTS, Phase.RENEW_RECORD),
    Phase.RENEW_RECORD: (Phase.QUEUED, Phase.WATCHING, Phase.PARTNER_ACTS, Phase.PUBLISH_RECORD),
    Phase.BDM_REVIEWS_RESUBMISSION: (*OF_THE_PARTNER, Phase.BDM_REVIEWS_ANSWER),
    Phase.RESUBMIT: (Phase.BDM_REVIEWS_ANSWER,),
    Phase.BDM_SECONDS: (
        Phase.WATCHING,
        Phase.BDM_LOOKS,
        Phase.BDM_COMPARES,
        Phase.PARTNER_ACTS,
        Phase.PARKED,
        Phase.QUEUED,
        Phase.BDM_REVIEWS_ANSWER,
    ),
}
_ANYWHERE = (*_RESTARTED, *_FOUND, *_SETTLED_BY_PEOPLE, Phase.BDM_REVIEWS_ANSWER, Phase.PARKED)


def _after(phase: Phase) -> tuple[Phase, ...]:
    """Return the phases that a check may go to from this one."""
    if phase == Phase.NOT_STARTED:
        targets: tuple[Phase, ...] = (*_RESTARTED, Phase.PARTNER_ACTS, Phase.PASSED, Phase.WAIVED)
    elif phase == Phase.PASSED:
        targets = (*_RESTARTED, *_FOUND, Phase.REFUSED)
    elif phase == Phase.WAIVED:
        targets = _RESTARTED
    elif phase == Phase.REFUSED:
        targets = ()
    else:
        targets = (*_ANYWHERE, *(special for special, sources in _ONLY_FROM.items() if phase in sources))
    return tuple(target for target in Phase if target in targets and target != phase)


MOVES: dict[Phase, tuple[Phase, ...]] = {phase: _after(phase) for phase in Phase}


def phase_of(state: CheckState, reason: str, turn: Turn) -> Phase:
    """Return the phase of a check in ``state`` for ``reason``, with the turn being ``turn``.

    Reports and findings name a state and a reason; only this function turns them into a phase.
    """
    phase = BY_REASON.get(reason)
    if phase is not None and PHASES[phase].state == state:
        return phase
    if state == CheckState.ACTION_NEEDED:
        return Phase.PARTNER_ACTS
    if state == CheckState.IN_PROGRESS:
        return {Turn.MICROSOFT: Phase.WATCHING_MICROSOFT, Turn.INGRAM: Phase.BDM_COMPARES}.get(turn, Phase.WATCHING)
    return Phase(state.value)


# --- the table as SQL, for the database ---------------------------------------------------------------------------


def sql_of_moves() -> str:
    """Return the body of the trigger that refuses a move the table does not list, or a source that may not make it."""
    moves = ", ".join(f"'{before}>{after}'" for before, targets in MOVES.items() for after in targets)
    sources = ", ".join(f"'{phase}<{source}'" for phase, row in PHASES.items() for source in (row.by or ("",)))
    return f"""
        IF (OLD.phase || '>' || NEW.phase) <> ALL (ARRAY[{moves}]) THEN
            RAISE EXCEPTION 'Invalid transition of a check from % to %', OLD.phase, NEW.phase;
        END IF;
        IF (NEW.phase || '<' || NEW.source) <> ALL (ARRAY[{sources}]) THEN
            RAISE EXCEPTION 'Invalid transition of a check to % by %', NEW.phase, NEW.source;
        END IF;
        RETURN NEW;
    """


def sql_of_phase() -> str:
    """Return the SQL expression of ``phase_of`` over a row ``NEW``, for writers that name no phase."""
    named = "\n".join(
        f"WHEN NEW.state = '{PHASES[phase].state}' AND NEW.reason = '{reason}' THEN '{phase}'"
        for reason, phase in BY_REASON.items()
    )
    return f"""CASE
        {named}
        WHEN NEW.state = '{CheckState.ACTION_NEEDED}' THEN '{Phase.PARTNER_ACTS}'
        WHEN NEW.state = '{CheckState.IN_PROGRESS}' THEN CASE NEW.turn
            WHEN '{Turn.MICROSOFT}' THEN '{Phase.WATCHING_MICROSOFT}'
            WHEN '{Turn.INGRAM}' THEN '{Phase.BDM_COMPARES}'
            ELSE '{Phase.WATCHING}' END
        ELSE NEW.state END"""
