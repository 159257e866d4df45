"""The sentence for a person who reached a limit: what happened, and when it goes on."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.limits import LimitReachedError, Scope
from portal.web.templatetags.portal import written


def sentence(reached: LimitReachedError, *, is_kept: bool = True) -> str:
    """Return the sentence; ``is_kept`` says that what was typed is still there."""
    until = timezone.localtime(reached.until)
    words = {"time": date_format(until, "TIME_FORMAT"), "day": written(until)}
    if reached.limit.scope == Scope.ADDRESS:
        told = _("This e-mail address was written to often enough for now. It goes on at %(time)s on %(day)s.") % words
    else:
        told = _("You've reached the limit for now. It goes on at %(time)s on %(day)s.") % words
    return f"{told} {_('What you typed is still here.')}" if is_kept else told
