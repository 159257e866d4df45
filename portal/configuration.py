"""Read environment variables, each by its kind in the table of ``portal/variables.py``.

A name that is not in the table raises ``KeyError`` at start-up, one that is read as something else than its kind gives
``TypeError``; what makes no sense, ``ImproperlyConfigured``, whose one sentence begins with the variable's name.
"""

import os
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from portal.values import Nonsense
from portal.variables import ADDRESSES_OF_SYSTEMS, DEMO_SECRET_KEY, SECTIONS, VARIABLES, Variable

T = TypeVar("T")
SHORTEST_KEY = 50  # characters of a key that signs


def check() -> None:
    """Refuse the start when any variable makes no sense, or only a part of a system is named.

    Raises: ImproperlyConfigured.
    """
    for name in VARIABLES:
        value(name)
    for names in _TOGETHER:
        complete(*names)
    for name, others in _NEEDS:
        if text(name).strip() and (missing := [each for each in others if not text(each).strip()]):
            raise ImproperlyConfigured(f"{name} is set, and needs {' and '.join(missing)}.")
    if text("CMP_KEY") and not any(text(name) for name in _MARKETPLACES):
        raise ImproperlyConfigured(f"CMP_KEY is set, and needs one of {', '.join(_MARKETPLACES)}.")


_MARKETPLACES = ("CMP_URL_NA", "CMP_URL_EU", "CMP_URL_AP")
# All of them or none.
_TOGETHER = (
    ("MAIL_TENANT", "MAIL_CLIENT_ID", "MAIL_CLIENT_SECRET"),
    ("ENTRA_STAFF_TENANT", "ENTRA_STAFF_CLIENT_ID", "ENTRA_STAFF_CLIENT_SECRET"),
    ("ENTRA_PARTNERS_CLIENT_ID", "ENTRA_PARTNERS_CLIENT_SECRET"),
    ("PARTNER_CENTER_URL", "PARTNER_CENTER_CLIENT_SECRET"),
    ("PARTNER_CENTER_TENANT", "PARTNER_CENTER_CLIENT_ID"),
    ("DNB_URL", "DNB_KEY", "DNB_SECRET"),
    ("CMP_USER", "CMP_PASSWORD", "CMP_KEY"),
)
# The accounts of Partner Center may be rows of the admin instead: its address alone names none.
_NEEDS = (
    ("PARTNER_CENTER_URL", ("PARTNER_CENTER_LOGIN_URL",)),
    ("PARTNER_CENTER_REFRESH_TOKEN", ("PARTNER_CENTER_URL", "PARTNER_CENTER_TENANT")),
    ("ENTRA_STAFF_CLIENT_ID", ("ENTRA_LOGIN_URL", "ENTRA_GRAPH_URL")),
    ("ENTRA_PARTNERS_CLIENT_ID", ("ENTRA_LOGIN_URL", "ENTRA_GRAPH_URL")),
    *((name, ("CMP_KEY",)) for name in _MARKETPLACES),
)


def environment() -> str:
    """Return ``demo`` or ``production``.

    Raises:
        ImproperlyConfigured: for any other word. A misspelled "production" must not run with the demo's public keys.
    """
    return text("PORTAL_ENV")


def value(name: str) -> Any:
    """Return the value of the variable, or of its default in this environment. Raises: ImproperlyConfigured."""
    variable = VARIABLES[name]
    default = variable.default
    if variable.demo is not None and environment() == "demo":
        default = variable.demo
    given = os.environ.get(name)
    if given is None and not default:
        return variable.kind.nothing()
    try:
        return variable.kind.read(default if given is None else given)
    except Nonsense as error:
        raise ImproperlyConfigured(f"{name} {error}") from error


def _of(name: str, wanted: type[T]) -> T:
    found = value(name)
    if not isinstance(found, wanted):
        raise TypeError(f"{name} is {VARIABLES[name].kind}, not {wanted.__name__}.")
    return found


def text(name: str) -> str:
    """Return a text, an address without its final slash. A variable that is set to nothing gives ''."""
    return _of(name, str)


def flag(name: str) -> bool:
    return _of(name, bool)


def items(name: str) -> list[Any]:
    """Return the parts of a list: texts, or of pairs each key with its values."""
    return _of(name, list)


def whole(name: str) -> int:
    return _of(name, int)


def number(name: str) -> float:
    return _of(name, float)


def groups(name: str) -> list[tuple[str, str]]:
    """Return (role, ID of a group) for each pair of ``role=ID;role=ID``."""
    return [(role, group.lower()) for role, ids in items(name) for group in ids]


def build() -> dict[str, str]:
    """Return the ``release`` that runs and its ``commit`` in 12 digits, each "" where it is not set."""
    return {"release": text("RELEASE"), "commit": text("COMMIT")[:12]}


def complete(*names: str) -> None:
    """Demand that either all of these are set or none. Raises: ImproperlyConfigured."""
    missing = [name for name in names if not text(name).strip()]
    if missing and len(missing) < len(names):
        raise ImproperlyConfigured(f"{', '.join(missing)} must be set too, or none of {', '.join(names)}.")


def signing_key(name: str) -> str:
    """Return the key that signs. Raises: ImproperlyConfigured: production has none, or a weak one."""
    return _strong(text(name), name)


def signing_keys(name: str) -> list[str]:
    """Return the keys that signed before. Raises: ImproperlyConfigured: production has a weak one."""
    return [_strong(key, name) for key in items(name)]


def _strong(key: str, name: str) -> str:
    if environment() == "production" and (key == DEMO_SECRET_KEY or len(key) < SHORTEST_KEY):
        # Without the key, which may be in use elsewhere.
        raise ImproperlyConfigured(
            f"PORTAL_ENV=production needs a {name} of its own, of {SHORTEST_KEY} characters or more."
        )
    return key


def mail_transport() -> str:
    """Return the class that mail leaves through.

    Raises: ImproperlyConfigured: the settings contradict each other, or a token would travel unencrypted.
    """
    through, has_token = text("MAIL_THROUGH"), bool(text("MAIL_CLIENT_ID").strip())
    if through == "graph" and not has_token:
        raise ImproperlyConfigured("MAIL_THROUGH=graph needs MAIL_TENANT, MAIL_CLIENT_ID and MAIL_CLIENT_SECRET.")
    if not has_token:
        return "django.core.mail.backends.smtp.EmailBackend"
    if "@" not in text("SMTP_USER"):
        raise ImproperlyConfigured("With MAIL_CLIENT_ID, SMTP_USER must be the address of the mailbox that sends.")
    if text("SMTP_PASSWORD"):
        raise ImproperlyConfigured("SMTP_PASSWORD and MAIL_CLIENT_ID exclude each other: set one of them.")
    if through == "graph":
        return "portal.notices.exchange_online.GraphBackend"
    if environment() == "production" and not (flag("SMTP_TLS") or flag("SMTP_SSL")):
        raise ImproperlyConfigured("MAIL_CLIENT_ID needs SMTP_TLS or SMTP_SSL: a token must not travel unencrypted.")
    return "portal.notices.exchange_online.SmtpWithToken"


def hosts_of_systems() -> list[str]:
    """Return host and port of every system that is configured to be asked."""
    parts = [urlsplit(text(name)) for name in ADDRESSES_OF_SYSTEMS]
    found = [
        (f"[{each.hostname}]" if ":" in each.hostname else each.hostname, each.port) for each in parts if each.hostname
    ]
    return [f"{host}:{port or 443}" for host, port in found]


def as_markdown() -> str:
    """Return all sections as Markdown, for ``portal/README.md``."""
    return "\n\n".join(f"### {title}\n\n{_table(variables)}" for title, variables in SECTIONS)


REQUIRED = ("SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL")
# What compose sets itself.
OF_COMPOSE = ("PORTAL_ENV", "DATABASE_URL", "REDIS_URL", "DOCUMENTS_ROOT", "PORT", "BIND", "STATIC_ROOT")


def as_env_file() -> str:
    """Return every setting of a deployment as ``.env.example`` shows it."""
    lines = ["# Every setting; copy to .env. Those without # must be filled in. Made by: manage.py settings --env", ""]
    lines += ["# The password of compose's own PostgreSQL.", "POSTGRES_PASSWORD=", ""]
    for title, variables in SECTIONS:
        shown = [each for each in variables if each.name not in OF_COMPOSE] if title != SECTIONS[-1][0] else []
        lines += [f"# --- {title}", ""] if shown else []
        for each in shown:
            mark = "" if each.name in REQUIRED else "# "
            lines += [f"# {each.meaning}", f"{mark}{each.name}={each.default}", ""]
    return "\n".join(lines)


def _table(variables: tuple[Variable, ...]) -> str:
    rows = [f"| `{each.name}` | {each.meaning} | {_shown_default(each)} |" for each in variables]
    return "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows])


def _shown_default(variable: Variable) -> str:
    # The demo's keys are public, but a page that showed them would invite people to use them.
    secret = variable.name in ("SECRET_KEY", "SECRETS_KEYS", "WEBHOOK_SECRETS")
    default = f"`{variable.default}`" if variable.default else variable.unset
    if variable.demo is None:
        return default
    return f"{default}; in the demo {'a known one' if secret else f'`{variable.demo}`'}"
