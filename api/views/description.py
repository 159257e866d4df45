"""What OpenAPI says of every address alike: the errors, the headers, and how to page."""

from typing import Any

from api.views.problems import MEDIA_TYPE, PROBLEMS

TEXT = """Reads and writes what a BDM of Ingram Micro sees in the partner onboarding portal.

Every request sends `Authorization: Bearer` with the key of a client. Every error is `application/problem+json` with a
`code`, what happened and what to do, in the language of `Accept-Language` (French, English or German). Lists go on
with `next` as `cursor`. Every answer to a GET has an `ETag`: send it as `If-None-Match`, and 304 says that nothing
changed. Every POST, PUT and DELETE needs an `Idempotency-Key`; repeated with the same body it is done once and
answered alike.
`X-Request-Id` of an answer finds it in the portal's log."""
_WHY = {
    400: "The request cannot be read.", 401: "No valid key.", 403: "The client may not do this.",
    404: "Nothing there for this client.", 409: "It does not fit what is there now.",
    412: "It is another one now than the one that If-Match names.",
    422: "Some values cannot be used.", 429: "Too often; see Retry-After.",
}  # fmt: skip
_PROBLEM = {
    "type": "object",
    "required": ["type", "code", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "code": {"type": "string", "enum": sorted(PROBLEMS)},
        "status": {"type": "integer"},
        "title": {"type": "string", "description": "What happened"},
        "detail": {"type": "string", "description": "What to do"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "message"],
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new one for each change; the same one when it is sent again.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
}


_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you read: 412 when it is another one now.",
    "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
}


def described(schema: Any) -> Any:
    """Return the description with what all addresses share."""
    schema["info"]["description"] = TEXT
    schema["components"]["schemas"]["Problem"] = _PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            matched = [_MATCH] if method in ("put", "delete") else []
            if method != "get":
                operation["parameters"] = [*operation["parameters"], _KEY, *matched]
            statuses = {status: why for status, why in _WHY.items() if matched or status != 412}
            told = {status: {"description": why, "content": content} for status, why in statuses.items()}
            not_modified = {} if method != "get" else {304: {"description": "Nothing changed since this ETag."}}
            operation["responses"] = {
                str(status): answer for status, answer in {**operation["responses"], **not_modified, **told}.items()
            }
    return schema
