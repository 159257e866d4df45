"""Read environment variables, each of which stands in the table of ``portal/variables.py``.

A name that is not in the table raises ``KeyError`` at start-up; what makes no sense, ``ImproperlyConfigured``.
"""

import os
import re
import ssl
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from portal.variables import ADDRESSES_OF_SYSTEMS, DEMO_SECRET_KEY, SECTIONS, VARIABLES, Variable

ENVIRONMENTS = ("demo", "production")
SHORTEST_KEY = 50  # characters of a key that signs


def environment() -> str:
    """Return ``demo`` or ``production``.

    Raises:
        ImproperlyConfigured: for any other word. A misspelled "production" must not run with the demo's public keys.
    """
    name = os.environ.get("PORTAL_ENV", VARIABLES["PORTAL_ENV"].default)
    if name not in ENVIRONMENTS:
        raise ImproperlyConfigured(f'PORTAL_ENV is "{name}". It must be "demo" or "production".')
    return name


def text(name: str) -> str:
    """Return the variable, or its default in this environment. A variable that is set to nothing gives ''."""
    variable = VARIABLES[name]
    default = variable.default
    if variable.demo is not None and environment() == "demo":
        default = variable.demo
    return os.environ.get(name, default)


def address(name: str) -> str:
    """Return a URL without its final slash."""
    return text(name).rstrip("/")


def flag(name: str) -> bool:
    return text(name).lower() in {"1", "true", "yes", "on"}


def items(name: str, separator: str = ",") -> list[str]:
    return [item.strip() for item in text(name).split(separator) if item.strip()]


def whole(name: str) -> int:
    """Return a whole number. Raises: ImproperlyConfigured."""
    try:
        return int(text(name))
    except ValueError as error:
        raise ImproperlyConfigured(f'{name} is "{text(name)}". It must be a whole number.') from error


def number(name: str) -> float:
    """Return a number. Raises: ImproperlyConfigured."""
    try:
        return float(text(name))
    except ValueError as error:
        raise ImproperlyConfigured(f'{name} is "{text(name)}". It must be a number.') from error


def guid(name: str) -> str:
    """Return an ID as Microsoft gives them, in lower case, or ''. Raises: ImproperlyConfigured."""
    given = text(name).strip()
    if given and not _GUID.fullmatch(given):
        raise ImproperlyConfigured(f'{name} is "{given}". It must be an ID such as {_EXAMPLE_ID}.')
    return given.lower()


def groups(name: str) -> list[tuple[str, str]]:
    """Return (role, ID of a group) for each pair of ``role=ID;role=ID``. Raises: ImproperlyConfigured."""
    found = []
    for pair in items(name, ";"):
        role, is_one, group = (part.strip() for part in pair.partition("="))
        if not is_one or not role or not _GUID.fullmatch(group):
            raise ImproperlyConfigured(f'{name} has "{pair}". It must be pairs such as lead={_EXAMPLE_ID}.')
        found.append((role, group.lower()))
    return found


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
    if through not in ("smtp", "graph"):
        raise ImproperlyConfigured(f'MAIL_THROUGH is "{through}". It must be "smtp" or "graph".')
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


_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EXAMPLE_ID = "11111111-2222-4333-8444-555555555555"


def proxy(name: str) -> str:
    """Return the address of an HTTP proxy, or ''. Raises: ImproperlyConfigured."""
    given = text(name)
    try:
        parts = urlsplit(given)
        complete = parts.scheme in ("http", "https") and parts.hostname and parts.port
    except ValueError:
        complete = False
    if given and (not complete or parts.path.strip("/") or parts.query):
        # Without the value, which may have a password.
        raise ImproperlyConfigured(
            f"{name} must be the address of a proxy with its port, as http://proxy.example:3128."
        )
    return given


def hosts(name: str) -> list[str]:
    """Return host names, each with a port or ``*.`` before it if given. Raises: ImproperlyConfigured."""
    given = items(name)
    for each in given:
        if not re.fullmatch(r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+(:\d{1,5})?", each):
            raise ImproperlyConfigured(
                f'{name} has "{each}". It must name hosts, as learn.microsoft.com or *.office.com.'
            )
    return given


def hosts_of_systems() -> list[str]:
    """Return host and port of every system that is configured to be asked."""
    parts = [urlsplit(address(name)) for name in ADDRESSES_OF_SYSTEMS]
    return [f"{each.hostname}:{each.port or 443}" for each in parts if each.hostname]


def authorities(name: str) -> str:
    """Return the path of a file with certificates, or ''. Raises: ImproperlyConfigured: it cannot be used."""
    path = text(name)
    if path:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
        except ssl.SSLError as error:
            raise ImproperlyConfigured(f'{name} is "{path}", in which there is no certificate in PEM form.') from error
        except OSError as error:
            raise ImproperlyConfigured(f'{name} is "{path}", which cannot be read: {error.strerror}.') from error
    return path


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
