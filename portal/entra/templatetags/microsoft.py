"""The buttons that lead to Microsoft's sign-in."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from django import template

from portal.entra import views

register = template.Library()


@register.inclusion_tag("entra/_buttons.html", takes_context=True)
def microsoft_buttons(context: Any, process: str = "login", style: str = "secondary") -> dict[str, Any]:
    """Print a button for each configured way, nothing without one."""
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "ways": views.buttons(process, request.user if request.user.is_authenticated else None),
        "process": process,
        "style": style,
        "next": get_next_redirect_url(request) or "",
    }
