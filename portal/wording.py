"""What the portal puts together from words that are translated already."""

from django.utils.translation import pgettext


def colon() -> str:
    """Return what stands between a label and its value, in the reader's language. French has a space before it."""
    return pgettext("between a label and its value", ": ")
