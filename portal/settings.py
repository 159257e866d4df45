"""One settings module; every difference between deployments is an environment variable (README, "Configure")."""

import os
import tempfile
from pathlib import Path

import bootstrap_wrapper
import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from portal import logs

ROOT = Path(__file__).resolve().parent.parent


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


def _list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


# "demo" (the default, also for tests) or "production". Production refuses to start without its secrets.
ENVIRONMENT = os.environ.get("PORTAL_ENV", "demo")
PRODUCTION = ENVIRONMENT == "production"
DEFAULT_SECRET_KEY = "demo-only-key-never-used-in-production-0123456789-abcdefghijklmnop"  # noqa: S105
SECRET_KEY = os.environ.get("SECRET_KEY", DEFAULT_SECRET_KEY)
if PRODUCTION and (SECRET_KEY == DEFAULT_SECRET_KEY or len(SECRET_KEY) < 50):
    raise ImproperlyConfigured("PORTAL_ENV=production needs a SECRET_KEY of its own, of 50 characters or more.")
# Fernet keys for what is kept encrypted in the database; the first one encrypts, all of them decrypt.
DEMO_SECRETS_KEY = "ZGVtby1vbmx5LWtleS1ub3QtZm9yLXByb2R1Y3Rpb24="
SECRETS_KEYS = _list("SECRETS_KEYS", "" if PRODUCTION else DEMO_SECRETS_KEY)
# Of the demo's people; seed_demo refuses to run in production.
DEMO_PASSWORD = "open-to-csp-demo"  # noqa: S105
DEBUG = False
SITE_URL = os.environ.get("SITE_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}").rstrip("/")
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,[::1],testserver")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS", SITE_URL if PRODUCTION else "")

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.accounts",
    "portal.partners",
    "portal.geo",
    "portal.coverage",
    "portal.notices",
    "portal.web",
    "onboarding",
    "licensing",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",  # the templates of widgets, found like any other
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are mostly repeated markup. CSRF tokens are masked and Django pads the length, against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.web.middleware.RequestId",
    "portal.web.middleware.SecurityHeaders",
    "portal.web.middleware.WakeWorkers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.web.middleware.UserLanguage",
    "portal.web.middleware.KeepTyped",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "portal.web.context.portal",
                "portal.notices.context.notices",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = {
    "default": dj_database_url.config(
        default="postgresql://portal:portal@127.0.0.1:5432/portal",
        conn_max_age=60,
        conn_health_checks=True,
    )
}
# A forgotten transaction holds back vacuum and slows every claim (Source: [postgres-queue-health]). Other limits of the
# server (lock_timeout for a migration, statement_timeout for a report) are set in the same place.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = os.environ.get(
    "DATABASE_OPTIONS", "-c idle_in_transaction_session_timeout=60s"
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
# Only rate limits live in the cache. It is the database's own table, so that Redis may be gone.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # with the default of 300, counters would be thrown away
    }
}

# --- people -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
# allauth's own limits, and two of ours that are counted in the same way (the cache is in PostgreSQL).
ACCOUNT_RATE_LIMITS = {"preflight": "20/h/ip", "preflight_file": "20/h/user"}
ACCOUNT_FORMS = {
    "signup": "portal.accounts.forms.SignupForm",
    "login": "portal.accounts.forms.LoginForm",
    "reset_password": "portal.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "portal.accounts.forms.ResetPasswordKeyForm",
    "change_password": "portal.accounts.forms.ChangePasswordForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "0"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.pages.csrf_failure"

# --- language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en-gb", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- files ------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", ROOT / "staticfiles"))
STATICFILES_DIRS = [ROOT / "static", ("bootstrap", bootstrap_wrapper.get_bootstrap_css_dir())]
# Partners' documents: outside of anything that is served, under random names. Web and workers share this folder.
DOCUMENTS_ROOT = Path(os.environ.get("DOCUMENTS_ROOT", ROOT / ".run" / "documents"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "documents": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": DOCUMENTS_ROOT,
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- the browser's rules ----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's form arrows are data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^healthz/work$", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"

# --- mail -------------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Portail CSP <portail@ingram.example>")
# Everything that sends mail writes a row; portal.notices.relay sends it by SMTP.
EMAIL_BACKEND = "portal.notices.backend.OutboxBackend"
EMAIL_HOST = os.environ.get("SMTP_HOST", "127.0.0.1")
EMAIL_PORT = int(os.environ.get("SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SMTP_PASSWORD", "")
EMAIL_USE_TLS = _flag("SMTP_TLS")
EMAIL_TIMEOUT = 10
# O'clock, in the reader's country: when the summary of a working day is due.
DIGEST_HOUR = int(os.environ.get("DIGEST_HOUR", "8"))

# --- work -------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "visibility_timeout": 300,
    "global_keyprefix": "portal:",
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "portal.work.wakeups:Ticks"
CELERY_BEAT_SCHEDULE_FILENAME = os.environ.get(
    "BEAT_SCHEDULE", str(Path(tempfile.gettempdir()) / "portal-beat-schedule")
)
# Seconds. A claim that has not answered by then is taken over by another worker.
WORK_LEASE_SECONDS = float(os.environ.get("WORK_LEASE_SECONDS", "60"))
# A hint's task begins nothing after a third of it; what hangs is ended before another worker takes the row over.
WORK_BUDGET_SECONDS = WORK_LEASE_SECONDS / 3
CELERY_TASK_SOFT_TIME_LIMIT = WORK_LEASE_SECONDS * 5 / 6
CELERY_TASK_TIME_LIMIT = WORK_LEASE_SECONDS * 11 / 12
# The same for reading and importing a file, held anew with every sign of progress; reading alone may take a minute.
FILE_LEASE_SECONDS = float(os.environ.get("FILE_LEASE_SECONDS", "90"))
# After so many claims without an answer a row is parked for staff.
WORK_MAX_ATTEMPTS = int(os.environ.get("WORK_MAX_ATTEMPTS", "8"))
# Seconds. When the oldest due row of an open queue has waited longer, /healthz/work says so.
WORK_LATE_SECONDS = float(os.environ.get("WORK_LATE_SECONDS", "300"))
# Seconds without a sign of life after which ``manage.py worker`` starts Celery or the loop anew.
WORK_STALL_SECONDS = float(os.environ.get("WORK_STALL_SECONDS", "60"))
# Seconds between two messages that work may be due (beat's and ``manage.py worker``'s).
WORK_TICK_SECONDS = float(os.environ.get("WORK_TICK_SECONDS", "5"))
# 1 in production. The demo waits 1/1000 of the documented intervals between two looks (portal/work/pace.py).
WAITING_PACE = float(os.environ.get("WAITING_PACE", "1" if PRODUCTION else "0.001"))

# Seconds after which a process reads again what administrators wrote about the reasons.
REASONS_SECONDS = float(os.environ.get("REASONS_SECONDS", "30"))

# --- the outside world ------------------------------------------------------------------------------------------
# In the demo these are the twins of onboarding/sandbox/, on loopback. Empty: nobody asks, a BDM confirms ("desk").
SANDBOX_URL = os.environ.get("SANDBOX_URL", "").rstrip("/")
if PRODUCTION and SANDBOX_URL:
    raise ImproperlyConfigured("SANDBOX_URL is set: in production the portal would believe a simulated world.")
PARTNER_CENTER_URL = os.environ.get("PARTNER_CENTER_URL", "").rstrip("/")
PARTNER_CENTER_LOGIN_URL = os.environ.get("PARTNER_CENTER_LOGIN_URL", "https://login.microsoftonline.com").rstrip("/")
PARTNER_CENTER_TENANT = os.environ.get("PARTNER_CENTER_TENANT", "")
PARTNER_CENTER_CLIENT_ID = os.environ.get("PARTNER_CENTER_CLIENT_ID", "")
PARTNER_CENTER_CLIENT_SECRET = os.environ.get("PARTNER_CENTER_CLIENT_SECRET", "")
PARTNER_CENTER_REFRESH_TOKEN = os.environ.get("PARTNER_CENTER_REFRESH_TOKEN", "")
# Days. The refresh token dies after 90 days without a renewal; the leads are told long before.
PARTNER_CENTER_RENEW_DAYS = float(os.environ.get("PARTNER_CENTER_RENEW_DAYS", "7"))
PARTNER_CENTER_ALERT_DAYS = float(os.environ.get("PARTNER_CENTER_ALERT_DAYS", "60"))
# Seconds between two readings of the whole reseller list and of the activity log, and how long a list that was read
# may confirm a relationship without asking again.
RESELLERS_EVERY_SECONDS = float(os.environ.get("RESELLERS_EVERY_SECONDS", "3600"))
RESELLERS_FRESH_SECONDS = float(os.environ.get("RESELLERS_FRESH_SECONDS", "5400"))
ACTIVITY_EVERY_SECONDS = float(os.environ.get("ACTIVITY_EVERY_SECONDS", "900"))
RECHERCHE_ENTREPRISES_URL = os.environ.get(
    "RECHERCHE_ENTREPRISES_URL", "https://recherche-entreprises.api.gouv.fr"
).rstrip("/")
# host:port of a clamd; empty: documents are not scanned, and say so.
SCANNER_ADDRESS = os.environ.get("SCANNER_ADDRESS", "")
VIES_URL = os.environ.get("VIES_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api").rstrip("/")
GLEIF_URL = os.environ.get("GLEIF_URL", "https://api.gleif.org/api/v1").rstrip("/")
DNB_URL = os.environ.get("DNB_URL", "").rstrip("/")
DNB_KEY = os.environ.get("DNB_KEY", "")
DNB_SECRET = os.environ.get("DNB_SECRET", "")
# Which registers are asked about a company, in this order, by its country, else its group: "FR" (all that the French
# register covers), "EU", "*" (the rest). What is not named here is asked as the registers' own records say
# (onboarding/connectors). The next one is asked when one cannot tell; a register without an address is left out.
REGISTERS: dict[str, tuple[str, ...]] = {}
for _entry in filter(None, os.environ.get("REGISTERS", "").split(";")):
    REGISTERS[_entry.partition("=")[0].strip()] = tuple(filter(None, _entry.partition("=")[2].split(",")))
# The Cloud Marketplace API, by the marketplace's region; without a key a BDM confirms.
CMP_URLS = {_region: os.environ.get(f"CMP_URL_{_region.upper()}", "").rstrip("/") for _region in ("na", "eu", "ap")}
CMP_USER = os.environ.get("CMP_USER", "")
CMP_PASSWORD = os.environ.get("CMP_PASSWORD", "")
CMP_KEY = os.environ.get("CMP_KEY", "")
DNS_NAMESERVERS = _list("DNS_NAMESERVERS")  # empty: the system's own
DNS_PORT = int(os.environ.get("DNS_PORT", "53"))
# Loopback and private addresses are refused unless named here, as host:port (the demo names its twins).
OUTBOUND_ALLOW = _list("OUTBOUND_ALLOW")

# source -> the secrets its messages may be signed with (two while one is replaced): "source:whsec_…,source:whsec_…"
DEMO_WEBHOOK_SECRET = "whsec_ZGVtby1vbmx5LXdlYmhvb2stc2VjcmV0LTAwMDE="  # noqa: S105
WEBHOOK_SECRETS: dict[str, list[str]] = {}
for _entry in _list("WEBHOOK_SECRETS", "" if PRODUCTION else f"demo:{DEMO_WEBHOOK_SECRET}"):
    WEBHOOK_SECRETS.setdefault(_entry.partition(":")[0], []).append(_entry.partition(":")[2])
# source -> the families of messages it may send: "provider=validation,provider;relay=email"; what is not named, none.
WEBHOOK_KINDS: dict[str, list[str]] = {}
_KNOWN_KINDS = ("validation", "marketplace", "provider", "email")
_everything = f"demo={','.join(_KNOWN_KINDS)}"
for _entry in filter(None, os.environ.get("WEBHOOK_KINDS", "" if PRODUCTION else _everything).split(";")):
    WEBHOOK_KINDS[_entry.partition("=")[0].strip()] = _entry.partition("=")[2].replace(" ", "").split(",")
if _unknown := {_kind for _kinds in WEBHOOK_KINDS.values() for _kind in _kinds} - {*_KNOWN_KINDS}:
    raise ImproperlyConfigured(f"WEBHOOK_KINDS names what nobody sends: {', '.join(sorted(_unknown))}.")

LOGGING = logs.configuration(
    level=os.environ.get("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING"),
    form=os.environ.get("LOG_FORMAT", "json" if PRODUCTION else "text"),
)
# Who may read /metrics: whoever sends it as a bearer token; empty, nobody but this machine itself in the demo.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
