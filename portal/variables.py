"""Every environment variable that the portal reads, with its meaning and its default.

``manage.py settings`` prints this table and ``portal/README.md`` shows it; ``tests/test_readmes.py`` compares both with
the code. Each has its kind (``portal/values.py``), by which the start refuses what makes no sense.
"""

from dataclasses import dataclass

from portal import variable_kinds as kinds
from portal.values import Kind


@dataclass(frozen=True)
class Variable:
    """An environment variable that the portal reads.

    ``demo`` is the default outside production if it differs; ``unset`` explains an empty one.
    """

    name: str
    kind: Kind
    meaning: str
    default: str = ""
    demo: str | None = None
    unset: str = "none"


DEMO_SECRET_KEY = "demo-only-key-never-used-in-production-0123456789-abcdefghijklmnop"  # noqa: S105
DEMO_SECRETS_KEY = "ZGVtby1vbmx5LWtleS1ub3QtZm9yLXByb2R1Y3Rpb24="
DEMO_WEBHOOK_SECRET = "whsec_ZGVtby1vbmx5LXdlYmhvb2stc2VjcmV0LTAwMDE="  # noqa: S105

START = (
    Variable(
        "PORTAL_ENV",
        kinds.ENVIRONMENT,
        "`demo` or `production`. Production demands secrets, TLS and host names, and refuses the sandbox. "
        "Any other word is refused.",
        "demo",
    ),
    Variable(
        "SECRET_KEY",
        kinds.LINE,
        "Signs sessions and links: 50 or more random characters. Production refuses to start without its own.",
        demo=DEMO_SECRET_KEY,
    ),
    Variable(
        "SECRET_KEY_FALLBACKS",
        kinds.SIGNING_KEYS,
        "Former values of `SECRET_KEY`, with commas between them: what they signed holds while they are here.",
    ),
    Variable(
        "MAY_BE_MISSING",
        kinds.CODES,
        "What production may lack when it starts, by the codes of `manage.py check --deploy --database default`.",
        unset="nothing",
    ),
    Variable(
        "STAFF_SECOND_FACTOR",
        kinds.FLAG,
        "`true`: administrators and BDMs see their pages with a second factor only.",
        "true",
        "false",
    ),
    Variable(
        "ALLOWED_HOSTS", kinds.SITES, "Host names the portal answers to.", demo="127.0.0.1,localhost,[::1],testserver"
    ),
    Variable("SITE_URL", kinds.ADDRESS, "The address that mails link to.", unset="`http://127.0.0.1:` and `PORT`"),
    Variable(
        "CSRF_TRUSTED_ORIGINS",
        kinds.ORIGINS,
        "Origins whose forms are accepted.",
        unset="`SITE_URL` in production, none in the demo",
    ),
    Variable(
        "TRUSTED_PROXY_COUNT",
        kinds.PROXIES,
        "Proxies in front of the portal; rate limits by address count from there.",
        "0",
    ),
    Variable("BIND", kinds.LISTENER, "The address that the web server listens on.", "127.0.0.1"),
    Variable("PORT", kinds.PORT, "The port that the web server listens on.", "8000"),
    Variable("WEB_WORKERS", kinds.COUNT, "Processes of the web server, with four threads each.", "2"),
    Variable(
        "STATIC_ROOT", kinds.FOLDER, "Where `collectstatic` puts static files; relative to the project.", "staticfiles"
    ),
)
DATA = (
    Variable(
        "DATABASE_URL",
        kinds.DATABASE,
        "PostgreSQL 15 or newer. `make run` starts a server of its own where this is not set.",
        "postgresql://portal:portal@127.0.0.1:5432/portal",
    ),
    Variable(
        "DATABASE_OPTIONS",
        kinds.SERVER_OPTIONS,
        "What PostgreSQL sets for these programs, as `-c name=value …`. Set it to nothing behind PgBouncer, and there "
        "`jit = off` for the role: compiling a query takes longer than any of ours.",
        "-c idle_in_transaction_session_timeout=60s -c jit=off",
    ),
    Variable(
        "REDIS_URL",
        kinds.REDIS,
        "Redis 6.2 or newer. `make run` starts a server of its own where this is not set.",
        "redis://127.0.0.1:6379/0",
    ),
    Variable(
        "SECRETS_KEYS",
        kinds.FERNET_KEYS,
        "Fernet keys for the tokens kept encrypted in the database. The first encrypts, all of them decrypt.",
        demo=DEMO_SECRETS_KEY,
    ),
    Variable(
        "DOCUMENTS_ROOT",
        kinds.FOLDER,
        "Where partners' documents are; relative to the project. Web and workers share it, and backups include it.",
        ".run/documents",
    ),
    Variable(
        "DOCUMENTS_STORE",
        kinds.STORE,
        "`folder` for `DOCUMENTS_ROOT`; `s3` for a bucket of S3 or of a server like it; `azure` for a container of "
        "Azure Blob Storage.",
        "folder",
    ),
    Variable("DOCUMENTS_BUCKET", kinds.LINE, "The bucket, or the container. It must be private."),
    Variable(
        "PG_PROGRAMS",
        kinds.LINE,
        "The folder of `pg_dump` and `pg_restore`, for `manage.py drill`.",
        unset="the `PATH`, then where Debian puts them",
    ),
    Variable(
        "SCANNER_ADDRESS",
        kinds.ENDPOINT,
        "A clamd, as `host:3310`. Without one documents are not scanned, and the pages say so; set later, it scans "
        "them then.",
    ),
    Variable(
        "REASONS_SECONDS",
        kinds.NUMBER,
        "Seconds after which every process shows what an administrator changed in the catalogue of reasons.",
        "30",
    ),
)
MAIL = (
    Variable(
        "MAIL_THROUGH",
        kinds.TRANSPORT,
        "`smtp`, or `graph` for Exchange Online by Microsoft Graph, which needs no `SMTP_HOST`.",
        "smtp",
    ),
    Variable("SMTP_HOST", kinds.HOST, "The mail relay.", "127.0.0.1"),
    Variable("SMTP_PORT", kinds.PORT, "Its port.", "25"),
    Variable("SMTP_USER", kinds.LINE, "The user who signs in to it; with `MAIL_CLIENT_ID` the mailbox that sends."),
    Variable("SMTP_PASSWORD", kinds.LINE, "Their password."),
    Variable("MAIL_TENANT", kinds.GUID, "The tenant of that mailbox, in Exchange Online."),
    Variable(
        "MAIL_CLIENT_ID",
        kinds.GUID,
        "The application registered there: it signs in with a token (XOAUTH2, `SMTP.SendAsApp`; or `Mail.Send` of "
        "Graph) instead of a password.",
    ),
    Variable("MAIL_CLIENT_SECRET", kinds.LINE, "Its secret."),
    Variable("SMTP_TLS", kinds.FLAG, "`true` for STARTTLS.", "false"),
    Variable(
        "SMTP_SSL",
        kinds.FLAG,
        "`true` for TLS from the first byte, usually on port 465; not together with `SMTP_TLS`.",
        "false",
    ),
    Variable("DEFAULT_FROM_EMAIL", kinds.SENDER, "The sender of every mail.", "Portail CSP <portail@ingram.example>"),
    Variable(
        "DIGEST_HOUR", kinds.HOUR, "Hour in the reader's country from which the summary of a working day is sent.", "8"
    ),
)
ENTRA = (
    Variable("ENTRA_LOGIN_URL", kinds.ADDRESS, "Microsoft's sign-in, by cloud.", "https://login.microsoftonline.com"),
    Variable("ENTRA_GRAPH_URL", kinds.ADDRESS, "Microsoft Graph of that cloud.", "https://graph.microsoft.com/v1.0"),
    Variable("ENTRA_STAFF_TENANT", kinds.GUID, "The ID of Ingram Micro's own tenant, for the sign-in of its people."),
    Variable(
        "ENTRA_STAFF_CLIENT_ID", kinds.LINE, "The application registered there; without it there is no such button."
    ),
    Variable("ENTRA_STAFF_CLIENT_SECRET", kinds.LINE, "Its secret."),
    Variable(
        "ENTRA_STAFF_GROUPS",
        kinds.GROUPS,
        "Which group of that tenant gives which role, as `lead=<group's ID>;bdm=<ID>;operator=<ID>`: `bdm`, `lead`, or "
        "one of the admin's roles. Roles that it names are given and taken at each sign-in with Microsoft.",
        unset="groups give no role, and only accounts that exist sign in",
    ),
    Variable("ENTRA_STAFF_ONLY", kinds.FLAG, "`true`: administrators and BDMs sign in with Microsoft only.", "false"),
    Variable(
        "ENTRA_STAFF_EMERGENCY",
        kinds.MAILBOXES,
        "Addresses of accounts that may use a password all the same, for an outage.",
    ),
    Variable(
        "ENTRA_PARTNERS_CLIENT_ID",
        kinds.LINE,
        "The application with which partners sign in; without it there is no button.",
    ),
    Variable("ENTRA_PARTNERS_CLIENT_SECRET", kinds.LINE, "Its secret."),
)
PARTNER_CENTER = (
    Variable("PARTNER_CENTER_URL", kinds.ADDRESS, "The provider's Partner Center. Without it a BDM confirms by hand."),
    Variable(
        "PARTNER_CENTER_LOGIN_URL",
        kinds.ADDRESS,
        "Where its tokens are issued, and the names of tenants are looked up.",
        "https://login.microsoftonline.com",
    ),
    Variable("PARTNER_CENTER_TENANT", kinds.LINE, "The tenant of the first account."),
    Variable("PARTNER_CENTER_CLIENT_ID", kinds.LINE, "The application registered in that tenant."),
    Variable("PARTNER_CENTER_CLIENT_SECRET", kinds.LINE, "The application's secret; never kept in the database."),
    Variable(
        "PARTNER_CENTER_REFRESH_TOKEN",
        kinds.LINE,
        "The first account's refresh token, for `manage.py partner_center_account`.",
    ),
    Variable("PARTNER_CENTER_RENEW_DAYS", kinds.NUMBER, "Days between two renewals of each account's token.", "7"),
    Variable(
        "PARTNER_CENTER_ALERT_DAYS", kinds.NUMBER, "Days without a renewal after which the leads get a mail.", "60"
    ),
    Variable(
        "RESELLERS_EVERY_SECONDS", kinds.NUMBER, "Seconds between two readings of an account's reseller list.", "3600"
    ),
    Variable("RESELLERS_FRESH_SECONDS", kinds.NUMBER, "Greatest age of a kept list that may confirm a link.", "5400"),
    Variable(
        "ACTIVITY_EVERY_SECONDS", kinds.NUMBER, "Seconds between two readings of an account's activity log.", "900"
    ),
)
STORES = (
    Variable(
        "S3_ENDPOINT",
        kinds.STORE_ADDRESS,
        "The address of a server that is not Amazon's.",
        unset="Amazon's of the region",
    ),
    Variable("S3_REGION", kinds.LINE, "The region. Servers that have none take any."),
    Variable(
        "S3_KEY", kinds.LINE, "The ID of the access key.", unset="the role of the machine, as Amazon's library finds it"
    ),
    Variable("S3_SECRET", kinds.LINE, "Its secret."),
    Variable("AZURE_ACCOUNT", kinds.LINE, "The storage account."),
    Variable("AZURE_KEY", kinds.LINE, "Its key."),
    Variable(
        "AZURE_ENDPOINT",
        kinds.STORE_ADDRESS,
        "Its address in another cloud.",
        unset="the account's at `blob.core.windows.net`",
    ),
    Variable(
        "WAREHOUSE_STORE",
        kinds.STORE_OR_NONE,
        "Where the export for the data warehouse is written each night: `none`, `folder`, `s3` or `azure`.",
        "none",
    ),
    Variable("WAREHOUSE_ROOT", kinds.FOLDER, "The folder, with `folder`; relative to the project.", ".run/warehouse"),
    Variable(
        "WAREHOUSE_BUCKET", kinds.LINE, "The bucket or the container, with the keys above. Not the one of documents."
    ),
)
PRIVACY = (
    Variable(
        "PRIVACY_CONTROLLER",
        kinds.LINES,
        "Who answers for personal data, as name and postal address on the page about them.",
        demo="Ingram Micro, 1 rue des Essais, 59000 Lille",
    ),
    Variable(
        "PRIVACY_CONTACT",
        kinds.MAILBOX,
        "The e-mail address for questions about personal data.",
        demo="privacy@ingram.example",
    ),
    Variable(
        "SECURITY_CONTACT",
        kinds.CONTACT,
        "Where weaknesses are reported (`mailto:…` or `https://…`), for `/.well-known/security.txt`.",
        demo="mailto:security@ingram.example",
    ),
)
OTHER_SYSTEMS = (
    Variable(
        "RECHERCHE_ENTREPRISES_URL",
        kinds.ADDRESS,
        "The open register of France. Set to nothing, it is not asked.",
        "https://recherche-entreprises.api.gouv.fr",
    ),
    Variable(
        "VIES_URL",
        kinds.ADDRESS,
        "The EU's register of VAT numbers. Set to nothing, it is not asked.",
        "https://ec.europa.eu/taxation_customs/vies/rest-api",
    ),
    Variable(
        "GLEIF_URL",
        kinds.ADDRESS,
        "The world's register of legal entity identifiers. Set to nothing, it is not asked.",
        "https://api.gleif.org/api/v1",
    ),
    Variable("DNB_URL", kinds.ADDRESS, "D&B Direct+ (`https://plus.dnb.com`), where there is a contract."),
    Variable("DNB_KEY", kinds.LINE, "Its key."),
    Variable("DNB_SECRET", kinds.LINE, "Its secret."),
    Variable(
        "REGISTERS",
        kinds.REGISTERS,
        "Which registers are asked about a company, in which order, by country or group, as "
        "`FR=recherche_entreprises;EU=vies,gleif;*=gleif`. Groups that it does not name keep their default.",
        unset="D&B where it is configured, then the open registers",
    ),
    Variable("CMP_URL_NA", kinds.ADDRESS, "The Cloud Marketplace API of North America."),
    Variable("CMP_URL_EU", kinds.ADDRESS, "The same of Europe (`https://api.cloud.im/marketplace/eu`)."),
    Variable("CMP_URL_AP", kinds.ADDRESS, "The same of Asia and the Pacific."),
    Variable("CMP_USER", kinds.LINE, "The user who signs in to it."),
    Variable("CMP_PASSWORD", kinds.LINE, "Their password."),
    Variable("CMP_KEY", kinds.LINE, "The subscription's key. Without it a BDM confirms marketplace accounts by hand."),
    Variable("DNS_NAMESERVERS", kinds.MACHINES, "Resolvers for the check of the domain.", unset="the system's"),
    Variable("DNS_PORT", kinds.PORT, "Their port.", "53"),
    Variable(
        "OUTBOUND_ALLOW",
        kinds.ENDPOINTS,
        "Loopback and private addresses of the systems configured here that may be called, as `host:port`, without the "
        "proxy.",
    ),
    Variable(
        "WEBHOOK_ALLOW",
        kinds.ENDPOINTS,
        "The same for addresses that people type: receivers of webhooks, pages that are linked to. `OUTBOUND_ALLOW` "
        "does not hold for them.",
    ),
    Variable(
        "OUTBOUND_PROXY",
        kinds.PROXY,
        "The company's proxy for every HTTPS call, as `http://name:password@proxy.example:3128`. `HTTPS_PROXY` and its "
        "like are not read.",
    ),
    Variable(
        "OUTBOUND_HOSTS",
        kinds.CALLED,
        "Names that the proxy may be asked for besides those of the systems configured here, as "
        "`learn.microsoft.com,*.webhook.office.com`: receivers of webhooks, pages that are linked to.",
    ),
    Variable(
        "OUTBOUND_CA",
        kinds.CERTIFICATES,
        "A PEM file of certificate authorities that HTTPS calls trust besides the public ones.",
    ),
    Variable(
        "WEBHOOK_SECRETS",
        kinds.WEBHOOK_SECRETS,
        "Who may send messages to `/hooks/<source>/`, as `source:whsec_…`; two per source while one is replaced.",
        demo=f"demo:{DEMO_WEBHOOK_SECRET}",
    ),
    Variable(
        "WEBHOOK_KINDS",
        kinds.KINDS_SENT,
        "Which kinds each source may send (`validation`, `marketplace`, `provider`, `email`), as "
        "`partner-center=validation,provider;relay=email`. Anything else is refused with 403.",
        demo="demo=validation,marketplace,provider,email",
    ),
)
# Whose hosts a proxy may be asked for.
ADDRESSES_OF_SYSTEMS = (
    "ENTRA_LOGIN_URL", "ENTRA_GRAPH_URL",
    "PARTNER_CENTER_URL", "PARTNER_CENTER_LOGIN_URL", "RECHERCHE_ENTREPRISES_URL", "VIES_URL", "GLEIF_URL", "DNB_URL",
    "CMP_URL_NA", "CMP_URL_EU", "CMP_URL_AP",
)  # fmt: skip
WORK = (
    Variable(
        "SEND_NOTHING",
        kinds.FLAG,
        "`true` for a restored copy: no mail and no request leaves, due work waits, and every page says so.",
        "false",
    ),
    Variable("WORKER_CONCURRENCY", kinds.COUNT, "Processes of Celery in each worker.", "2"),
    Variable("WORK_TICK_SECONDS", kinds.NUMBER, "Seconds between two looks for due work that nobody announced.", "5"),
    Variable("WORK_LEASE_SECONDS", kinds.NUMBER, "Seconds for which a claim holds a row.", "60"),
    Variable(
        "FILE_LEASE_SECONDS",
        kinds.NUMBER,
        "Seconds for which an import holds its file after each sign of progress.",
        "90",
    ),
    Variable("WORK_MAX_ATTEMPTS", kinds.COUNT, "Claims without an answer after which a row is parked for staff.", "8"),
    Variable(
        "WORK_STALL_SECONDS",
        kinds.NUMBER,
        "Seconds of silence after which the supervisor restarts Celery or the loop.",
        "60",
    ),
    Variable("WORK_LATE_SECONDS", kinds.NUMBER, "Seconds that due work may wait before `/healthz/work` fails.", "300"),
    Variable(
        "BEAT_SCHEDULE",
        kinds.LINE,
        "The file in which beat keeps its last ticks.",
        unset="one in the system's temporary folder",
    ),
    Variable(
        "WAITING_PACE",
        kinds.NUMBER,
        "Factor for the intervals between two looks; production refuses less than 1.",
        "1",
        "0.001",
    ),
)
WATCHING = (
    Variable("RELEASE", kinds.LINE, "The release that runs, in `/livez`, admin, logs and metrics. The image sets it."),
    Variable("COMMIT", kinds.LINE, "Its commit, beside it. The image sets it."),
    Variable("LOG_FORMAT", kinds.LOG_FORMAT, "`json` (one object a line) or `text`.", "json", "text"),
    Variable("LOG_LEVEL", kinds.LOG_LEVEL, "The lowest level that is written.", "INFO", "WARNING"),
    Variable("SENTRY_DSN", kinds.DSN, "Where errors are sent, as Sentry or a service that speaks as it does gives it."),
    Variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        kinds.ADDRESS,
        "The OpenTelemetry collector that gets traces (OTLP over HTTP), as `http://collector:4318`. The library's "
        "other `OTEL_…` variables hold too, as `OTEL_TRACES_SAMPLER`.",
    ),
    Variable(
        "METRICS_TOKEN",
        kinds.LINE,
        "The bearer token that opens `/metrics`. Without one production answers 404; the demo answers this machine.",
    ),
)
TOOLS = (
    Variable("RUN_DIR", kinds.FOLDER, "Where `make run` keeps its servers and data; relative to the project.", ".run"),
    Variable(
        "SANDBOX_URL",
        kinds.ADDRESS,
        "The sandbox that plays other companies' systems. `make run` sets it; production refuses it.",
    ),
    Variable(
        "CHROMIUM", kinds.LINE, "Path of a Chromium or Chrome for the browser tests.", unset="the one on the `PATH`"
    ),
    Variable("HEARTBEAT_FILE", kinds.LINE, "The file that a worker's child touches. `manage.py worker` sets it."),
    Variable("PROMETHEUS_MULTIPROC_DIR", kinds.LINE, "Where web processes count requests. `gunicorn.conf.py` sets it."),
    Variable("DJANGO_SETTINGS_MODULE", kinds.NAME, "Django's own.", "portal.settings"),
)
SECTIONS = (
    ("Start", START),
    ("Data", DATA),
    ("Object storage and warehouse", STORES),
    ("Mail", MAIL),
    ("Privacy", PRIVACY),
    ("Sign in with Microsoft", ENTRA),
    ("Partner Center", PARTNER_CENTER),
    ("Other companies' systems", OTHER_SYSTEMS),
    ("Durable work", WORK),
    ("Logs and metrics", WATCHING),
    ("Set by tools and tests", TOOLS),
)
VARIABLES = {variable.name: variable for _title, variables in SECTIONS for variable in variables}
