"""Errors as problem details: a code, what happened, and what to do, in the language of ``Accept-Language``.

Source: [rfc9457].
"""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MEDIA_TYPE = "application/problem+json"
Text = str | Promise

# code -> status, what happened, what to do
PROBLEMS: dict[str, tuple[int, Text, Text]] = {
    "body_unreadable": (400, _("The body is not JSON."), _("Send a JSON object, as application/json.")),
    "bad_cursor": (
        400, _("This cursor does not belong to this list."),
        _("Use “next” of the last answer with the filters of its request, or leave the cursor out to begin again."),
    ),
    "unknown_parameter": (
        400, _("The address has a parameter that this list does not know."),
        _("Correct or remove it: “errors” names it. Nothing was read, so that no filter is left out unseen."),
    ),
    "key_missing": (
        400, _("The header Idempotency-Key is missing or too long."),
        _("Send one of 8 to 64 letters, digits, dots, dashes or underscores, a new one for each change."),
    ),
    "unauthorized": (
        401, _("The key is missing, unknown, revoked or expired."),
        _("Send in the header Authorization, after Bearer, a key that an administrator made for this client."),
    ),
    "forbidden": (
        403, _("This client may not do this."),
        _("Ask an administrator of the portal to add the permission that “errors” names."),
    ),
    "nobody": (
        403, _("The person for whom this client acts is no BDM any more."),
        _("Ask an administrator of the portal to choose another person for this client."),
    ),
    "not_found": (
        404, _("There is nothing at this address for this client."),
        _("Check the address, and whether the client’s countries include the enrolment’s."),
    ),
    "method": (405, _("This address does not take this method."), _("“Allow” lists the methods that it takes.")),
    "owned": (
        409, _("Somebody else owns the enrolment meanwhile."),
        _("Read the enrolment, decide again, and send its present owner as “owner_seen” with a new Idempotency-Key."),
    ),
    "moved": (
        409, _("The check has changed since you read it."),
        _("Read the check, decide again, and send its present “basis” with a new Idempotency-Key."),
    ),
    "not_open": (
        409, _("Nothing can be decided on this check now."),
        _("It has not started or is settled. Read its state; a BDM can look at it in the portal."),
    ),
    "has_owner": (
        409, _("The company has an owner who can sign in."), _("Its owners invite their colleagues themselves."),
    ),
    "already_member": (
        409, _("This person belongs to the company already."), _("Choose another e-mail address, or do nothing."),
    ),
    "nothing_to_remind": (
        409, _("Nothing is the partner’s to do now."), _("Remind them when “turn” is “reseller”."),
    ),
    "reminded_lately": (
        409, _("The partner was reminded within the last three days."), _("Wait until three days have passed."),
    ),
    "nobody_reads": (
        409, _("Nobody of the company gets reminders."), _("Telephone them: their addresses refuse our e-mails."),
    ),
    "webhook_off": (
        409, _("The webhook is off."), _("Switch it on first: nothing is sent to a webhook that is off."),
    ),
    "id_taken": (
        409, _("Another company or enrolment has this ID in that system."),
        _("Find which one by “external_id”, and remove the ID there if it is wrong."),
    ),
    "changed_meanwhile": (
        412, _("The ID is no longer the one that “If-Match” names."),
        _("Read it, decide again, and send its present ETag with a new Idempotency-Key."),
    ),
    "cannot_own": (
        422, _("This person may not open the enrolment."),
        _("Choose somebody from /colleagues who covers its country."),
    ),
    "not_microsofts": (
        422, _("This check is not one of Microsoft’s validations."),
        _("Report on a check whose “authority” is “microsoft” and whose “kind” is email, domain or legal_entity."),
    ),
    "reason_unknown": (
        422, _("A rejection needs one of the check’s own reasons."), _("Choose one from “reasons” of the check."),
    ),
    "note_needed": (
        422, _("This decision needs a sentence that the partner can read."), _("Write it in “note”."),
    ),
    "stopped": (
        422, _("The owner of this address asked us for no such e-mails."), _("Telephone them."),
    ),
    "key_reused": (
        422, _("This Idempotency-Key came before with another request."),
        _("Take a new key for a new change; send a repetition exactly as it was."),
    ),
    "invalid": (422, _("Some values cannot be used."), _("“errors” says which, and what is expected. Correct them.")),
    "too_fast": (429, _("This client has used its calls for now."), _("Wait for the seconds in Retry-After.")),
    "limit": (
        429, _("This was done as often as it may be for now."), _("Wait for the seconds in Retry-After."),
    ),
}  # fmt: skip


class ProblemError(Exception):
    """An answer that is an error. ``errors`` are (place, sentence)."""

    def __init__(
        self, code: str, *, errors: list[tuple[str, Text]] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.errors, self.headers = code, errors or [], headers or {}

    @property
    def status(self) -> int:
        return PROBLEMS[self.code][0]

    def body(self) -> str:
        status, title, detail = PROBLEMS[self.code]
        told: dict[str, Any] = {
            "type": "about:blank", "code": self.code, "status": status, "title": str(title), "detail": str(detail),
        }  # fmt: skip
        if self.errors:
            told["errors"] = [{"at": at, "message": str(message)} for at, message in self.errors]
        return json.dumps(told, ensure_ascii=False)


def answer(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """Return the problem as an answer."""
    response = HttpResponse(problem.body(), status=problem.status, content_type=MEDIA_TYPE)
    for name, value in problem.headers.items():
        response.headers[name] = value
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="portal"'
    return response


_BY_TYPE: dict[str, Text] = {
    "missing": _("This is missing."),
    "extra_forbidden": _("This is not known here."),
    "uuid_parsing": _("This is no identifier (UUID)."),
    "int_parsing": _("This is no whole number."),
    "int_type": _("This is no whole number."),
    "string_type": _("This is no text."),
    "string_too_long": _("This is too long."),
    "string_too_short": _("This is too short."),
    "string_pattern_mismatch": _("This does not have the shape that the description gives."),
    "enum": _("This is none of the values that the description lists."),
    "literal_error": _("This is none of the values that the description lists."),
    "bool_type": _("This is neither true nor false."),
    "bool_parsing": _("This is neither true nor false."),
    "value_error": _("This is no e-mail address."),
    "less_than_equal": _("This is too large."),
    "greater_than_equal": _("This is too small."),
    "too_long": _("There are too many of these."),
    "too_short": _("There is nothing here."),
}
_OTHERWISE = _("This does not have the shape that the description gives.")


def of_validation(errors: list[dict[str, Any]]) -> ProblemError:
    """Return the problem of values that do not fit, each with its place."""
    told = [(_place(error["loc"]), _BY_TYPE.get(error["type"], _OTHERWISE)) for error in errors]
    return ProblemError("invalid", errors=told)


def _place(parts: Any) -> str:
    return ".".join(str(part) for part in parts[2:] or parts)
