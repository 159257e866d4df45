"""What pages about a person's mail know: whether his own address refuses it. Asked only where it is printed."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.notices import suppression


def notices(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"mail_refusal": SimpleLazyObject(lambda: suppression.of(user.email))}
