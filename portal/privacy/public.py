"""Pages for everybody: which personal data the portal holds, its cookies, and ``security.txt``."""

import datetime as dt

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.privacy import cookies, erasure, exports, registry, retention
from portal.privacy.record import how_long

SECURITY_TXT = dt.timedelta(days=90)  # the RFC advises less than a year


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show what is held of whom: who answers for it, what, why, how long, and what a person may ask for."""
    records = registry.personal()
    groups = [
        {
            "purpose": purpose.label,
            "basis": registry.BASES[purpose],
            "rows": [
                {
                    "label": record.label,
                    "viewers": [viewer.label for viewer in record.seen_by],
                    "how_long": how_long(record),
                }
                for record in records
                if record.why == purpose
            ],
        }
        for purpose in registry.Purpose
    ]
    context = {
        "controller": settings.PRIVACY_CONTROLLER,
        "contact": settings.PRIVACY_CONTACT,
        "groups": groups,
        "rules": retention.RULES.values(),
        "grace_days": erasure.GRACE.days,
        "keep_days": exports.KEEP.days,
    }
    return render(request, "privacy/privacy.html", context)


@login_not_required
@require_safe
def cookie_page(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy/cookies.html", {"cookies": cookies.all_of_them()})


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Return where to report a weakness; it expires, so that an abandoned copy is recognised. Source: [rfc9116]."""
    if not settings.SECURITY_CONTACT:
        return HttpResponse("No contact is configured (SECURITY_CONTACT).\n", status=404, content_type=_PLAIN)
    today = timezone.now().astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {today + SECURITY_TXT:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(code.partition('-')[0] for code, _name in settings.LANGUAGES)}",
        f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=_PLAIN)


_PLAIN = "text/plain; charset=utf-8"
