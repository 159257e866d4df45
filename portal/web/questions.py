"""A question before something is deleted: its button leads to a page that says what goes, and asks once more."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def ask(request: HttpRequest, *, question: Any, told: Any, button: Any, back: Any) -> HttpResponse | None:
    """Return the page with the question, or None for a POST from that page, which has answered it.

    ``told`` is what is lost and what stays, ``back`` the address of the page to which "Cancel" leads.
    """
    if "sure" in request.POST:
        return None
    return render(request, "question.html", {"question": question, "told": told, "button": button, "back": back})
