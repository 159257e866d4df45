"""Look every night whether the pages to which we send partners still answer."""

import datetime as dt

from django.conf import settings

from onboarding.domain.questions import official_pages
from onboarding.models import OfficialPage
from portal import links
from portal.work import heartbeat


def check(now: dt.datetime) -> None:
    """Check each official page once (a periodic job). The demo's world has none of them."""
    if settings.SANDBOX_URL:
        return
    for page in OfficialPage.objects.all():
        heartbeat.beat()
        is_alive, said = links.answer(page.url.partition("#")[0])
        official_pages.checked(page, is_alive=is_alive, answer=said, now=now)
    official_pages.forget()
