"""The twin of a Teams workflow, "When a Teams webhook request is received": ``POST /teams/<channel>``.

It takes the cards that Teams shows, and refuses what a workflow refuses: another envelope, an element that is unknown
or lacks what it needs, and more than 28 KB.

Source: [teams-webhook].
"""

from collections.abc import Callable
from typing import Any

from onboarding.sandbox.exchange import Reply, TwinCall, trouble
from onboarding.sandbox.world import World

PREFIX = "/teams/"
LARGEST = 28_000
CARD = "application/vnd.microsoft.card.adaptive"
VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")
COLOURS = ("default", "dark", "light", "accent", "good", "warning", "attention")
WEIGHTS = ("lighter", "default", "bolder")
SIZES = ("default", "small", "medium", "large", "extralarge")


def answer(world: World, asked: TwinCall) -> Reply:
    """Return 202, or what a workflow says of a card that it cannot post."""
    if asked.method != "POST":
        return Reply(405, {"error": {"code": "MethodNotAllowed", "message": "Only POST is taken."}})
    if ordered := trouble(world.take_fault("teams")):
        return ordered
    if len(asked.body) > LARGEST:
        return Reply(413, {"error": {"code": "RequestEntityTooLarge", "message": "The card is larger than 28 KB."}})
    try:
        faults = wrong_with(asked.json())
    except ValueError:
        faults = ["the body is not JSON"]
    if faults:
        return Reply(400, {"error": {"code": "InvalidRequestContent", "message": "; ".join(faults)}})
    world.log("teams", asked.path, title_of(asked.json()), asked.body.decode())
    return Reply(202)


def title_of(message: dict[str, Any]) -> str:
    """Return the first text of the card."""
    return str(message["attachments"][0]["content"]["body"][0].get("text", ""))


def wrong_with(message: dict[str, Any]) -> list[str]:
    """Return what Teams would refuse of a message, an empty list for a good one."""
    if message.get("type") != "message":
        return ["type must be message"]
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        return ["attachments must be a list of cards"]
    return [fault for one in attachments for fault in _attachment(one)]


def _attachment(one: Any) -> list[str]:
    if not isinstance(one, dict) or one.get("contentType") != CARD:
        return [f"contentType must be {CARD}"]
    card = one.get("content")
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return ["content must be an AdaptiveCard"]
    faults = [] if card.get("version") in VERSIONS else ["version is not one that Teams shows"]
    body, actions = card.get("body"), card.get("actions", [])
    if not isinstance(body, list) or not body or not isinstance(actions, list):
        return [*faults, "body must be a list of elements"]
    return [*faults, *(fault for element in [*body, *actions] for fault in _element(element))]


def _element(element: Any) -> list[str]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in _ELEMENTS:
        return [f"unknown element {kind}"]
    needed, inner = _ELEMENTS[kind]
    faults = [f"{kind} needs {name}" for name, is_good in needed.items() if not is_good(element.get(name))]
    for name, words in (("color", COLOURS), ("weight", WEIGHTS), ("size", SIZES)):
        if name in element and str(element[name]).lower() not in words:
            faults.append(f"{kind} has an unknown {name}")
    return [*faults, *(fault for one in element.get(inner) or [] for fault in _inner(one))]


def _inner(one: Any) -> list[str]:
    return [] if isinstance(one, str) else _element(one)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_link(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


_Needs = dict[str, Callable[[Any], bool]]
_ELEMENTS: dict[Any, tuple[_Needs, str]] = {
    "TextBlock": ({"text": _is_text}, ""),
    "TextRun": ({"text": _is_text}, ""),
    "RichTextBlock": ({"inlines": _is_list}, "inlines"),
    "Container": ({"items": _is_list}, "items"),
    "Action.OpenUrl": ({"title": _is_text, "url": _is_link}, ""),
}
