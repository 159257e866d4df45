"""What is said beside an answer: notes with the facts they rest on, and why not another programme. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from licensing.domain.facts import DatedFact
from licensing.domain.timing import Phase
from licensing.domain.world import OTHER_MAKER, Case, MissingAnswer, World
from licensing.enums import PUBLIC_SECTOR, Kind, Need, Outcome, Programme, RunsOn, Tenant

Cite = tuple[Kind, str, str]  # kind, key, programme of a fact; the key "*" is the customer's sector, or the product
_PERPETUAL, _ONLINE = Programme.CSP_PERPETUAL, Programme.CSP_ONLINE
_OPEN, _VALUE = Programme.OPEN_LICENSE, Programme.OPEN_VALUE
_PRODUCT, _SUBSCRIPTION = (Kind.PRODUCT, "*", _PERPETUAL), (Kind.ADVICE, "software_subscription", "")
_CLOSED, _CANCEL = (Kind.EVENT, "open_end", ""), (Kind.NUMBER, "csp_online.cancel", "")

# What each sentence rests on, so that a reader can open it.
_RESTS_ON: dict[str, tuple[Cite, ...]] = {
    "M_needs_sa": (_PRODUCT,),
    "M_own_servers": (_PRODUCT,),
    "M_where_unknown": (_PRODUCT,),
    "M_software_subscription": (_SUBSCRIPTION, (Kind.ADVICE, "software_subscription_cancel", "")),
    "M_ov_start": ((Kind.NUMBER, "open_value.min", ""),),
    "M_ov_start_unknown": ((Kind.NUMBER, "open_value.min", ""),),
    "M_ov_final": ((Kind.CELL, "cancellation", _VALUE), (Kind.CELL, "payment", _VALUE)),
    "M_running_sa": ((Kind.ADVICE, "running_sa", ""),),
    "M_perpetual_no_sa": ((Kind.CELL, "sa", _PERPETUAL),),
    "M_perpetual_return": ((Kind.NUMBER, "perpetual.return", ""),),
    "M_perpetual_keys": ((Kind.NUMBER, "perpetual.key_use", ""),),
    "M_perpetual_support": ((Kind.CELL, "im_support", _PERPETUAL),),
    "M_online_cancel": (_CANCEL,),
    "M_online_cancel_any": (_CANCEL,),
    "M_unused_tokens": ((Kind.ADVICE, "unused_token", ""),),
    "M_web_direct": ((Kind.ADVICE, "no_data_loss", _ONLINE),),
    "M_mca": ((Kind.ADVICE, "mca", ""),),
    "M_gdap": ((Kind.ADVICE, "gdap", ""), (Kind.ADVICE, "gdap_time", "")),
    "M_eligibility": ((Kind.ADVICE, "eligibility", ""),),
    "M_service_ended": ((Kind.NUMBER, "online.grace", ""),),
    "M_service_gone": ((Kind.NUMBER, "online.grace", ""),),
    "M_token_lost": ((Kind.NUMBER, "token.activation", ""),),
    "M_open_until": (_CLOSED,),
    "M_imonline": ((Kind.CELL, "channel", _VALUE),),
    "N_open_closed": (_CLOSED,),
    "N_open_new_sku": ((Kind.EVENT, "open_no_new_sku", ""),),
    "N_open_possible": (_CLOSED,),
    "N_no_sa": ((Kind.CELL, "sa", _PERPETUAL), (Kind.CELL, "sa", _ONLINE)),
    "N_is_subscription": ((Kind.CELL, "license_type", _ONLINE),),
    "N_not_online": ((Kind.CELL, "license_type", _PERPETUAL),),
    "N_excluded": (_PRODUCT,),
    "N_needs_sa": (_PRODUCT,),
    "N_not_yet_product": (_PRODUCT,),
    "N_not_for_sector": ((Kind.SECTOR, "*", _PERPETUAL),),
    "N_more_than_asked": ((Kind.CELL, "sa", _VALUE), (Kind.NUMBER, "open_value.min", "")),
    "N_open_value_online": ((Kind.ADVICE, "open_value_online", _VALUE), (Kind.CELL, "products", _VALUE)),
}


def rests_on(key: str) -> tuple[Cite, ...]:
    """Return the facts on which a sentence rests; none where it speaks of the portal or of the reseller."""
    return _RESTS_ON.get(key, ())


def cited(cites: Iterable[Cite], world: World) -> tuple[DatedFact, ...]:
    """Return the facts that these name on the day of the order, in all their readings."""
    found: list[DatedFact] = []
    for kind, key, programme in cites:
        if key == "*":
            key = str((world.case.sector if kind == Kind.SECTOR else world.case.product) or "")
        if kind == Kind.EVENT:
            found += [fact for fact in world.facts.of(kind) if fact.key == key]
        elif kind == Kind.NUMBER:
            own = world.facts.number_fact(key, on=world.on, sector=world.case.sector or "")
            found += world.facts.readings(kind, own.key, on=world.on) if own else []
        else:
            found += world.facts.readings(kind, key, programme, on=world.on)
    return tuple(found)


@dataclass(frozen=True)
class Note:
    """A sentence's key with the values to fill in; ``level`` is condition, blocked or warning.

    ``cites`` are the facts that it rests on; none where it speaks of the portal or of the reseller.
    """

    key: str
    level: str = "warning"
    days: int | None = None
    cites: tuple[DatedFact, ...] = ()


@dataclass(frozen=True)
class WhyNot:
    programme: Programme
    key: str
    possible: bool
    cites: tuple[DatedFact, ...] = ()


# --- notes beside the answer -------------------------------------------------------------------------------------
def notes(outcome: Outcome, world: World) -> tuple[Note, ...]:
    """Return what is said beside the answer: of the token, of the programme, of this customer. Conditions first."""
    lost = [Note("M_token_lost")] if world.need == Need.TOKEN and world.token_lost else []
    found = (*lost, *_of_programme(outcome, world), *_of_customer(outcome, world))
    return tuple(replace(note, cites=cited(rests_on(note.key), world)) for note in found)


def _of_programme(outcome: Outcome, world: World) -> list[Note]:
    match outcome:
        case Outcome.OPEN_VALUE:
            return _of_open_value(world)
        case Outcome.CSP_PERPETUAL:
            return _of_perpetual(world)
        case Outcome.CSP_ONLINE:
            return _of_online(world)
        case Outcome.OPEN_LICENSE:
            return [Note("M_open_until"), _imonline(world.case)]
    return []


def _of_open_value(world: World) -> list[Note]:
    found = _open_value_start(world)
    if world.no_sa and (world.needs_sa or world.place_matters):
        # The customer asked for less: what they asked for cannot be used, so that this is not simply decided.
        found.insert(0, Note("M_needs_sa", "condition"))
    found += [_imonline(world.case), Note("M_ov_final")]
    if world.need == Need.SA_RENEWAL:
        found.append(Note("M_running_sa"))
    return found


def _of_perpetual(world: World) -> list[Note]:
    found = []
    if world.place_matters:
        is_own = world.case.runs_on == RunsOn.OWN
        found.append(Note("M_own_servers") if is_own else Note("M_where_unknown", "condition"))
        if world.commercial:
            found.append(Note("M_software_subscription"))
    return [
        *found,
        Note("M_perpetual_no_sa"),
        Note("M_perpetual_return", days=world.facts.number("perpetual.return", on=world.on)),
        Note("M_perpetual_keys"),
        Note("M_perpetual_support"),
        Note("M_mca"),
    ]


def _of_online(world: World) -> list[Note]:
    case, found = world.case, []
    days = world.facts.number("csp_online.cancel", on=world.on, sector=case.sector or "")
    if world.online and case.ended:
        gone = case.ended == Phase.LONG_AFTER
        found.append(Note("M_service_gone" if gone else "M_service_ended", "condition"))
    if case.tenant == Tenant.OTHER_PARTNER:
        found.append(Note("M_other_partner", "condition"))
    found.append(Note("M_online_cancel", days=days) if days else Note("M_online_cancel_any"))
    if not world.token_lost:
        found.append(Note("M_unused_tokens"))
    return [*found, Note("M_mca"), Note("M_gdap"), Note("M_web_direct")]


def _of_customer(outcome: Outcome, world: World) -> list[Note]:
    case = world.case
    found: list[Note] = []
    if outcome in (Outcome.CSP_PERPETUAL, Outcome.CSP_ONLINE):
        if case.sector in PUBLIC_SECTOR:
            found.append(Note("M_eligibility"))
        if case.ready is not True:
            found.append(Note("M_ready_unknown") if case.ready is None else Note("M_not_ready", "blocked"))
    if world.unknown_product and outcome in Programme.values:
        found.append(Note("M_product_unknown", "condition"))
    # In countries without a BDM we have not verified that the programme is sold.
    if case.covered is False and outcome in Programme.values:
        found.append(Note("M_not_covered", "condition"))
    return found


def _imonline(case: Case) -> Note:
    """Return where Open License and Open Value are ordered, which has nothing to do with CSP."""
    return Note("M_no_imonline", "condition") if case.imonline is False else Note("M_imonline")


def _open_value_start(world: World) -> list[Note]:
    """Return the conditions, which depend on the quantity. The programme does not."""
    case = world.case
    least = world.facts.number("open_value.min", on=world.on) or 5
    if case.quantity is None:
        raise MissingAnswer("quantity")
    if case.quantity >= least or case.starts:
        return []
    if case.starts is None and not case.starts_asked:
        raise MissingAnswer("starts")
    return [Note("M_ov_start_unknown" if case.starts is None else "M_ov_start", "condition")]


# --- why not the others -----------------------------------------------------------------------------------------
def others(outcome: Outcome, world: World) -> list[WhyNot]:
    found = []
    for programme in Programme:
        if programme.value != outcome.value:
            key, possible = _why_not(programme, outcome, world)
            found.append(WhyNot(programme, key, possible, cited(rests_on(key), world)))
    return found


def _why_not(programme: Programme, outcome: Outcome, world: World) -> tuple[str, bool]:
    """Return the key of the sentence on why this programme is not the answer, and whether it is possible at all."""
    if programme == Programme.OPEN_LICENSE and not world.open_on_sale:
        return "N_open_closed", False
    if outcome in (Outcome.KEEP, Outcome.ACTIVATE_TOKEN):
        return "N_nothing_to_buy", True
    if world.case.product == OTHER_MAKER:
        return "N_other_maker", False
    for holds, key, possible in _NOT[programme]:
        if _is_known(holds, world):
            return key, possible
    return ("N_ask_first" if outcome == Outcome.ASK_BDM else "N_second"), True


def _is_known(holds: Callable[[World], bool], world: World) -> bool:
    """Return whether a condition is met; one that depends on a question we did not ask is not."""
    try:
        return holds(world)
    except MissingAnswer:
        return False


_NOT: dict[Programme, tuple[tuple[Callable[[World], bool], str, bool], ...]] = {
    Programme.CSP_ONLINE: (
        (lambda w: w.with_sa, "N_no_sa", False),
        (lambda w: w.no_sa, "N_is_subscription", True),
        (lambda w: w.online and w.differs(_ONLINE), "N_sources_differ", True),
    ),
    Programme.CSP_PERPETUAL: (
        (lambda w: w.with_sa, "N_no_sa", False),
        (lambda w: not w.no_sa, "N_not_online", False),
        (lambda w: w.unknown_product, "N_product_unknown", True),
        (lambda w: w.excluded, "N_excluded", False),
        (lambda w: w.needs_sa, "N_needs_sa", False),
        (lambda w: w.runs_elsewhere, "N_needs_sa", False),
        (lambda w: w.not_yet, "N_not_yet_product", False),
        (lambda w: w.differs(_PERPETUAL), "N_sources_differ", True),
        (lambda w: w.limited(_PERPETUAL), "N_limited", True),
        (lambda w: not w.sold(_PERPETUAL), "N_not_for_sector", False),
    ),
    Programme.OPEN_LICENSE: (
        (lambda w: w.product_effect(_OPEN) == "excluded", "N_open_new_sku", False),
        (lambda w: True, "N_open_possible", True),
    ),
    Programme.OPEN_VALUE: (
        (lambda w: not w.sold(_VALUE), "N_not_for_sector", False),
        (lambda w: w.online, "N_open_value_online", True),
        (lambda w: w.unknown_product, "N_product_unknown", True),
        (lambda w: w.no_sa, "N_more_than_asked", True),
    ),
}
