"""The kinds of the portal's environment variables, by name, with their bounds and patterns."""

from portal.value_addresses import MAILBOX as MAILBOX_PATTERN
from portal.value_addresses import Address, Database, Dsn, Endpoint, Host, Machine, Proxy, Redis, Sender
from portal.values import (
    Certificates,
    FernetKey,
    Flag,
    Many,
    Number,
    OneLine,
    Pair,
    Shape,
    WebhookSecret,
    Whole,
    Words,
)

_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_EXAMPLE_ID = "11111111-2222-4333-8444-555555555555"
LINE, FLAG, ADDRESS = OneLine(), Flag(), Address()
STORE_ADDRESS = Address(must="an address, as https://storage.example")
PORT, COUNT = Whole(least=1, most=65_535), Whole(least=1, most=1000)
FOLDER = OneLine(is_needed=True, must="the path of a folder")
GUID = Shape(pattern=_GUID, is_lower=True, must=f"an ID such as {_EXAMPLE_ID}")
GROUPS = Many(
    each=Pair(key=r"\S+", value=_GUID, is_needed=True, must=f"a pair such as lead={_EXAMPLE_ID}"), separator=";"
)
SIGNING_KEYS = Many(
    each=Shape(pattern=r"\S{20,}", is_secret=True, must="a key, of 20 characters or more without spaces")
)
CODES = Many(each=Shape(pattern=r"[a-z0-9-]+", must="a code, as scanner"))
MAILBOX = Shape(pattern=MAILBOX_PATTERN, must="an e-mail address")
CONTACT = Shape(
    pattern=rf"mailto:{MAILBOX_PATTERN}|https://[^\s/@]+(/\S*)?", must="mailto: and an e-mail address, or https://…"
)
_SITE = Shape(
    pattern=r"\*|\[[0-9A-Fa-f:.]+\]|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*",
    must="a host, as portal.example, without a port",
)
_ORIGIN = Shape(
    pattern=r"https?://(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:[0-9]{1,5})?",
    must="an origin, as https://portal.example",
)
_CALLED = Shape(
    pattern=r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+(:[0-9]{1,5})?",
    is_lower=True,
    must="a host, as learn.microsoft.com or *.office.com",
)
_OPTION = r"(-c\s*|--)[A-Za-z_.-]+=([^\s\\]|\\.)*"
SERVER_OPTIONS = Shape(pattern=rf"{_OPTION}(\s+{_OPTION})*", must="options of PostgreSQL, as -c jit=off")
REGISTERS = Many(
    each=Pair(key=r"[A-Z]{2}|\*", value=r"[a-z0-9_]+", must="a pair such as FR=recherche_entreprises"), separator=";"
)
KINDS_SENT = Many(
    each=Pair(
        key=r"[\w-]+",
        value="validation|marketplace|provider|email",
        is_needed=True,
        must="a pair such as relay=email, of validation, marketplace, provider and email",
    ),
    separator=";",
)
ENVIRONMENT = Words(words=("demo", "production"))
SITES = Many(each=_SITE)
ORIGINS = Many(each=_ORIGIN)
PROXIES = Whole(most=20)
LISTENER = Host(is_needed=True)
HOST = Host()
DATABASE = Database()
REDIS = Redis()
FERNET_KEYS = Many(each=FernetKey())
STORE = Words(words=("folder", "s3", "azure"))
STORE_OR_NONE = Words(words=("none", "folder", "s3", "azure"))
ENDPOINT = Endpoint()
NUMBER = Number()
TRANSPORT = Words(words=("smtp", "graph"))
SENDER = Sender()
HOUR = Whole(most=23)
MAILBOXES = Many(each=MAILBOX)
LINES = OneLine(may_wrap=True)
MACHINES = Many(each=Machine())
ENDPOINTS = Many(each=Endpoint())
PROXY = Proxy()
CALLED = Many(each=_CALLED)
CERTIFICATES = Certificates()
WEBHOOK_SECRETS = Many(each=WebhookSecret())
LOG_FORMAT = Words(words=("json", "text"))
LOG_LEVEL = Words(words=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
DSN = Dsn()
NAME = OneLine(is_needed=True)
