"""``/__sim__``: the sandbox's own controls, in JSON. For the demo page and the tests; the product never asks here."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from onboarding.sandbox import dun_bradstreet, entra
from onboarding.sandbox.entra_people import BY_KEY, GROUPS
from onboarding.sandbox.exchange import DISGUISES, TROUBLES, Reply, TwinCall
from onboarding.sandbox.records import Account, Company, DeedRefusedError, Fault
from onboarding.sandbox.twins import TWINS
from onboarding.sandbox.world import World

PREFIX = "/__sim__/"
FAULT_KINDS = {
    "login": {"refused", "timeout", "html", "429", "500", "502", "503", "504"},
    "partner_center": {
        *("401", "403", "429", "500", "502", "503", "504", "timeout", "html", "drop", "slow"),
        *("broken", "nonsense", "huge", "half", "redirect", "audience", "retryable"),
        *("code_as_string", "pascal_case", "unknown_state", "missing_fields"),
    },
    "register": {*TROUBLES, *DISGUISES},
    **{twin.code: twin.faults for twin in TWINS},
    "dnb": {*TROUBLES, *DISGUISES, *dun_bradstreet.ERRORS, *dun_bradstreet.SHAPES},
    "cmp": {*TROUBLES, *DISGUISES},
    "dns": {"servfail", "refused", "timeout"},
    "scanner": {"drop", "error", "nonsense"},
    "teams": {*TROUBLES},
    "entra": entra.KINDS,
    "entra_graph": {*TROUBLES},
    "smtp": {"450", "451", "550", "552", "slow"},
}


def answer(world: World, asked: TwinCall) -> Reply:
    """Return 404 for an unknown control, 400 for a wrong request, 409 for what Partner Center would refuse."""
    deed = _ROUTES.get((asked.method, asked.path.removeprefix(PREFIX).rstrip("/")))
    if deed is None:
        return Reply(404, {"error": "There is no such control."})
    try:
        return Reply(200, deed(world, asked))
    except DeedRefusedError as refused:
        return Reply(409, {"error": str(refused)})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Reply(400, {"error": f"Not understood: {type(error).__name__}: {error}"})


def _state(world: World, asked: TwinCall) -> dict[str, Any]:
    return world.show()


def _mails(world: World, asked: TwinCall) -> dict[str, Any]:
    return {"mails": [asdict(mail) for mail in world.mails()]}


def _calls(world: World, asked: TwinCall) -> dict[str, Any]:
    return {"calls": [asdict(call) for call in world.calls()]}


def _publish(world: World, asked: TwinCall) -> dict[str, Any]:
    wish = asked.json()
    world.publish(_text(wish, "name"), wish.get("type", "TXT"), _text(wish, "value"))
    return {"dns": world.show()["dns"]}


def _unpublish(world: World, asked: TwinCall) -> dict[str, Any]:
    wish = asked.json()
    world.unpublish(_text(wish, "name"), wish.get("type", "TXT"), str(wish.get("value") or ""))
    return {"dns": world.show()["dns"]}


def _play(world: World, asked: TwinCall) -> dict[str, Any]:
    wish = asked.json()
    facts = {name: str(wish.get(name) or "") for name in ("tenant", "country", "name")}
    return {"reseller": asdict(world.play(_text(wish, "mpn_id"), str(wish.get("do") or ""), **facts))}


def _rule_sign_in(world: World, asked: TwinCall) -> dict[str, Any]:
    wish = asked.json()
    flags = {name: wish.get(name) for name in ("strict", "close")}
    if any(value not in (None, True, False) for value in flags.values()):
        raise ValueError("strict and close are true or false")
    world.rule_sign_in(expire=wish.get("expire") is True, **flags)
    return {}


def _rule_entra(world: World, asked: TwinCall) -> dict[str, Any]:
    wish = asked.json()
    person, groups = str(wish.get("person") or ""), wish.get("groups") or []
    if (person and person not in BY_KEY) or not set(groups) <= set(GROUPS):
        raise ValueError({"people": sorted(BY_KEY), "groups": sorted(GROUPS)})
    world.rule_entra(rotate=wish.get("rotate") is True, person=person, groups=groups)
    return {}


def _add_company(world: World, asked: TwinCall) -> dict[str, Any]:
    company = Company(**asked.json())
    world.add_company(company)
    return {"company": asdict(company)}


def _set_account(world: World, asked: TwinCall) -> dict[str, Any]:
    account = Account(**asked.json())
    world.set_account(account)
    return {"account": asdict(account)}


def _set_clock(world: World, asked: TwinCall) -> dict[str, Any]:
    wish = asked.json()
    speed = None if wish.get("speed") is None else float(wish["speed"])
    world.set_clock(speed=speed, advance_hours=float(wish.get("advance_hours") or 0))
    state = world.show()
    return {"clock": state["clock"], "speed": state["speed"]}


def _add_fault(world: World, asked: TwinCall) -> dict[str, Any]:
    wish = asked.json()
    fault = Fault(_text(wish, "service"), _text(wish, "kind"), int(wish.get("times", 1)))
    if fault.kind not in FAULT_KINDS.get(fault.service, set()):
        raise ValueError({service: sorted(kinds) for service, kinds in FAULT_KINDS.items()})
    world.add_fault(fault)
    return {"faults": world.show()["faults"]}


def _heal(world: World, asked: TwinCall) -> dict[str, Any]:
    world.heal()
    return {"faults": []}


def _reset(world: World, asked: TwinCall) -> dict[str, Any]:
    world.reset()
    return world.show()


def _text(wish: dict[str, Any], name: str) -> str:
    value = str(wish[name]).strip()
    if not value:
        raise ValueError(f"{name} is empty")
    return value


_ROUTES: dict[tuple[str, str], Callable[[World, TwinCall], dict[str, Any]]] = {
    ("GET", "state"): _state,
    ("GET", "mails"): _mails,
    ("GET", "calls"): _calls,
    ("POST", "dns"): _publish,
    ("DELETE", "dns"): _unpublish,
    ("POST", "resellers"): _play,
    ("POST", "sign-in"): _rule_sign_in,
    ("POST", "entra"): _rule_entra,
    ("POST", "companies"): _add_company,
    ("POST", "accounts"): _set_account,
    ("POST", "clock"): _set_clock,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _heal,
    ("POST", "reset"): _reset,
}
