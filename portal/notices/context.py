"""Template context: whether a person's own address refuses mail. The query runs only where a page prints it."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.notices import suppression


def notices(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"mail_refusal": SimpleLazyObject(lambda: suppression.of(user.email))}
