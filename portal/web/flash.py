"""Django's messages between two pages, in a cookie that only this host can set."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """The cookie's name has the prefix for which browsers demand TLS, the whole path and no domain."""

    cookie_name = "__Host-messages" if settings.PRODUCTION else CookieStorage.cookie_name


class FlashStorage(FallbackStorage):
    storage_classes: Any = (HostCookieStorage, SessionStorage)
