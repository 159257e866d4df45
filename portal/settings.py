"""One settings module. Deployments differ only in the environment variables of ``portal/variables.py``."""

import tempfile
from pathlib import Path

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from portal import configuration, logs, variables
from portal.configuration import flag, items, number, text, whole
from portal.stores import choosing

ROOT = Path(__file__).resolve().parent.parent

configuration.check()
PRODUCTION = text("PORTAL_ENV") == "production"
SECRET_KEY = configuration.signing_key("SECRET_KEY")
SECRET_KEY_FALLBACKS = configuration.signing_keys("SECRET_KEY_FALLBACKS")
DEMO_SECRETS_KEY = variables.DEMO_SECRETS_KEY
SECRETS_KEYS = items("SECRETS_KEYS")
if PRODUCTION and DEMO_SECRETS_KEY in SECRETS_KEYS:
    raise ImproperlyConfigured("SECRETS_KEYS holds the demonstration's key, which everybody knows.")
# Password of the demo's people; seed_demo refuses to run in production.
DEMO_PASSWORD = "open-to-csp-demo"  # noqa: S105
# Key of the demo's client of the API, for the commands in api/README.md.
DEMO_API_KEY = "otc_demo-of-the-portal"
DEBUG = False
SITE_URL = text("SITE_URL") or f"http://127.0.0.1:{whole('PORT')}"
ALLOWED_HOSTS = items("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = items("CSRF_TRUSTED_ORIGINS") or ([SITE_URL] if PRODUCTION else [])

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.accounts",
    "portal.audit",
    "portal.partners",
    "portal.privacy",
    "portal.geo",
    "portal.coverage",
    "portal.entra",
    "portal.notices",
    "portal.web",
    "onboarding",
    "licensing",
    "api",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "portal.apps.PortalStaticFilesConfig",
    "django.forms",  # the templates of widgets, found like any other
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "crispy_forms",
    "crispy_bootstrap5",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Above the static files, so that they carry the policy too.
    "csp.middleware.CSPMiddleware",
    "portal.web.middleware.RefuseAtTheDoor",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are mostly repeated markup. CSRF tokens are masked and Django pads the length, against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "portal.web.middleware.RequestId",
    "portal.web.middleware.SecurityHeaders",
    "portal.web.middleware.WakeWorkers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.limits_of_sessions.SessionLimits",
    "portal.web.middleware.UserLanguage",
    "portal.web.middleware.KeepTyped",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.coverage.second_factor.StaffSecondFactor",
    "portal.audit.middleware.TellHistory",
    "portal.audit.middleware.NoteLooks",
    "portal.accounts.step_up.StepUp",
    # Below it the request is the partner's, read only, while a person of Ingram Micro looks with their eyes.
    "onboarding.middleware.ViewAsPartner",
    "onboarding.middleware.SayWithdrawn",
    "portal.web.middleware.SayLimit",
    "portal.web.middleware.SayHow",
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
    "default": dj_database_url.parse(text("DATABASE_URL"), conn_max_age=60, conn_health_checks=True),
}
# A forgotten transaction holds back vacuum and slows every claim (Source: [postgres-queue-health]). Other limits of the
# server (lock_timeout for a migration, statement_timeout for a report) can be set here too.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = text("DATABASE_OPTIONS")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGHISTORY_BASE_MODEL = "portal.audit.events.Event"

REDIS_URL = text("REDIS_URL")
# The cache holds only rate limits. It is a database table, so it works without Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # the default of 300 would discard counters
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
    {"NAME": "portal.accounts.passwords.GuessablePasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "portal.entra.adapter.MicrosoftAccountAdapter"
SOCIALACCOUNT_ADAPTER = "portal.entra.adapter.SocialAdapter"
# Tokens of Microsoft are used once, during the sign-in, and never stored.
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
# Only in the browser that signed up: a link alone, however old or forwarded, signs nobody in.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
# One address an account: a new one replaces it once it is confirmed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
# allauth's own limits, and one of ours that is counted with them (the cache is in PostgreSQL): it is reached while
# somebody types. All others are in portal/limits.py.
# Wrong passwords of one network and of one account: both locks last as long as the sentence about them says.
ACCOUNT_RATE_LIMITS = {"company_search": "300/h/ip", "login_failed": "20/5m/ip,5/5m/key"}
ACCOUNT_FORMS = {
    "signup": "portal.accounts.forms.SignupForm",
    "login": "portal.accounts.forms.LoginForm",
    "reset_password": "portal.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "portal.accounts.forms.ResetPasswordKeyForm",
    "change_password": "portal.accounts.forms.ChangePasswordForm",
    "reauthenticate": "portal.accounts.forms.ReauthenticateForm",
}
# How long a sign-in or another proof of identity counts for acts that cannot be undone (portal/accounts/step_up.py),
# and for the pages of allauth that ask for one.
STEP_UP_SECONDS = ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ALLAUTH_TRUSTED_PROXY_COUNT = whole("TRUSTED_PROXY_COUNT")
MFA_ADAPTER = "portal.accounts.second_factors.SealingAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey cannot be guessed, and one sign-in asks twice: allauth's 10 would stop an office behind one address.
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_FORMS = {
    "activate_totp": "portal.accounts.codes.ActivateAppForm",
    "authenticate": "portal.accounts.codes.SignInCodeForm",
    "reauthenticate": "portal.accounts.codes.ProofCodeForm",
    "add_webauthn": "portal.accounts.passkeys.AddPasskeyForm",
    "edit_webauthn": "portal.accounts.passkeys.RenamePasskeyForm",
    "authenticate_webauthn": "portal.accounts.passkeys.PasskeyAuthenticateForm",
    "reauthenticate_webauthn": "portal.accounts.passkeys.PasskeyReauthenticateForm",
    "login_webauthn": "portal.accounts.passkeys.PasskeyLoginForm",
}
MESSAGE_STORAGE = "portal.web.flash.FlashStorage"
SESSION_COOKIE_AGE = 8 * 3600  # after the last change; portal/accounts/sessions.py has the limits
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # scripts take the token from the page's form
CSRF_FAILURE_VIEW = "portal.pages.csrf_failure"

# --- language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en-gb", _("English")), ("de", _("German"))]
LOCALE_PATHS = [ROOT / "locale", ROOT / "locale" / "data"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- files ------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = ROOT / text("STATIC_ROOT")
# Bootstrap's CSS only: <details> and ``static/js`` replace its JavaScript. A page asks for one style sheet and one
# script.
STATICFILES_DIRS = [ROOT / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "portal.web.page_files.PageFilesFinder",
]
# Partners' documents: outside of anything that is served, under random names. Web and workers share the folder or the
# bucket, and no browser is given an address of either.
DOCUMENTS_ROOT = ROOT / text("DOCUMENTS_ROOT")
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "portal.web.spool.SpoolHandler",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    **choosing.storages(ROOT),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no page of another host uses our files
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

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
    SECURE_REDIRECT_EXEMPT = [
        r"^livez$", r"^readyz$", r"^healthz/work$", r"^metrics$",
        # Addresses of programs: without TLS they are refused (RefuseAtTheDoor), not redirected.
        r"^api/", r"^hooks/", r"^licensing/feed/",
    ]  # fmt: skip
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"

# --- mail -------------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL")
# Everything that sends mail writes a row; portal.notices.relay sends it through MAIL_TRANSPORT.
EMAIL_BACKEND = "portal.notices.backend.OutboxBackend"
EMAIL_HOST = text("SMTP_HOST")
EMAIL_PORT = whole("SMTP_PORT")
EMAIL_HOST_USER = text("SMTP_USER")
EMAIL_HOST_PASSWORD = text("SMTP_PASSWORD")
EMAIL_USE_TLS, EMAIL_USE_SSL = flag("SMTP_TLS"), flag("SMTP_SSL")
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise ImproperlyConfigured("SMTP_TLS and SMTP_SSL exclude each other: set one of them to true.")
EMAIL_TIMEOUT = 10
MAIL_TENANT, MAIL_CLIENT_ID = text("MAIL_TENANT"), text("MAIL_CLIENT_ID")
MAIL_CLIENT_SECRET = text("MAIL_CLIENT_SECRET")
MAIL_THROUGH, MAIL_TRANSPORT = text("MAIL_THROUGH"), configuration.mail_transport()
DIGEST_HOUR = whole("DIGEST_HOUR")
PRIVACY_CONTROLLER, PRIVACY_CONTACT = text("PRIVACY_CONTROLLER"), text("PRIVACY_CONTACT")
SECURITY_CONTACT = text("SECURITY_CONTACT")
STAFF_SECOND_FACTOR = flag("STAFF_SECOND_FACTOR")

# --- a restored copy --------------------------------------------------------------------------------------------
SEND_NOTHING = flag("SEND_NOTHING")
BUILD = configuration.build()
RELEASE = " ".join(filter(None, BUILD.values()))

# --- watching by others -----------------------------------------------------------------------------------------
SENTRY_DSN, OTEL_EXPORTER_OTLP_ENDPOINT = text("SENTRY_DSN"), text("OTEL_EXPORTER_OTLP_ENDPOINT")

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
CELERY_BEAT_SCHEDULE_FILENAME = text("BEAT_SCHEDULE") or str(Path(tempfile.gettempdir()) / "portal-beat-schedule")
# After this time another worker takes over a claim without an answer.
WORK_LEASE_SECONDS = number("WORK_LEASE_SECONDS")
# A wake-up's task starts nothing after a third of it; what hangs is ended before another worker takes the row over.
WORK_BUDGET_SECONDS = WORK_LEASE_SECONDS / 3
CELERY_TASK_SOFT_TIME_LIMIT = WORK_LEASE_SECONDS * 5 / 6
CELERY_TASK_TIME_LIMIT = WORK_LEASE_SECONDS * 11 / 12
# The lease for reading and importing an uploaded file. Every progress renews it; reading alone may take a minute.
FILE_LEASE_SECONDS = number("FILE_LEASE_SECONDS")
WORK_MAX_ATTEMPTS = whole("WORK_MAX_ATTEMPTS")
WORK_LATE_SECONDS = number("WORK_LATE_SECONDS")
WORK_STALL_SECONDS = number("WORK_STALL_SECONDS")
# Beat never sleeps longer, so that its silence means the same as a worker's (portal/alive.py).
CELERY_BEAT_MAX_LOOP_INTERVAL = min(WORK_STALL_SECONDS, 300)
WORK_TICK_SECONDS = number("WORK_TICK_SECONDS")
# 1 in production. The demo waits 1/1000 of the documented intervals between two checks (portal/work/pace.py).
WAITING_PACE = number("WAITING_PACE")
if PRODUCTION and WAITING_PACE < 1:
    raise ImproperlyConfigured("WAITING_PACE is below 1: other companies' systems would be asked too often.")
REASONS_SECONDS = number("REASONS_SECONDS")

# --- the outside world ------------------------------------------------------------------------------------------
# In the demo these are the twins of onboarding/sandbox/, on loopback. Empty: no connector runs, and a BDM confirms
# ("desk").
SANDBOX_URL = text("SANDBOX_URL")
if PRODUCTION and SANDBOX_URL:
    raise ImproperlyConfigured("SANDBOX_URL is set: in production the portal would believe a simulated world.")
ENTRA_LOGIN_URL, ENTRA_GRAPH_URL = text("ENTRA_LOGIN_URL"), text("ENTRA_GRAPH_URL")
ENTRA_STAFF_TENANT = text("ENTRA_STAFF_TENANT")
ENTRA_STAFF_CLIENT_ID = text("ENTRA_STAFF_CLIENT_ID")
ENTRA_STAFF_CLIENT_SECRET = text("ENTRA_STAFF_CLIENT_SECRET")
ENTRA_STAFF_GROUPS = configuration.groups("ENTRA_STAFF_GROUPS")
ENTRA_STAFF_ONLY = flag("ENTRA_STAFF_ONLY")
ENTRA_STAFF_EMERGENCY = [name.lower() for name in items("ENTRA_STAFF_EMERGENCY")]
ENTRA_PARTNERS_CLIENT_ID = text("ENTRA_PARTNERS_CLIENT_ID")
ENTRA_PARTNERS_CLIENT_SECRET = text("ENTRA_PARTNERS_CLIENT_SECRET")
if ENTRA_STAFF_ONLY and not ENTRA_STAFF_CLIENT_ID:
    raise ImproperlyConfigured("ENTRA_STAFF_ONLY is set, but ENTRA_STAFF_CLIENT_ID is not: nobody could sign in.")
PARTNER_CENTER_URL = text("PARTNER_CENTER_URL")
PARTNER_CENTER_LOGIN_URL = text("PARTNER_CENTER_LOGIN_URL")
PARTNER_CENTER_TENANT = text("PARTNER_CENTER_TENANT")
PARTNER_CENTER_CLIENT_ID = text("PARTNER_CENTER_CLIENT_ID")
PARTNER_CENTER_CLIENT_SECRET = text("PARTNER_CENTER_CLIENT_SECRET")
PARTNER_CENTER_REFRESH_TOKEN = text("PARTNER_CENTER_REFRESH_TOKEN")
# The refresh token expires after 90 days without a renewal; leads get a warning long before.
PARTNER_CENTER_RENEW_DAYS = number("PARTNER_CENTER_RENEW_DAYS")
PARTNER_CENTER_ALERT_DAYS = number("PARTNER_CENTER_ALERT_DAYS")
RESELLERS_EVERY_SECONDS = number("RESELLERS_EVERY_SECONDS")
RESELLERS_FRESH_SECONDS = number("RESELLERS_FRESH_SECONDS")
ACTIVITY_EVERY_SECONDS = number("ACTIVITY_EVERY_SECONDS")
RECHERCHE_ENTREPRISES_URL = text("RECHERCHE_ENTREPRISES_URL")
SCANNER_ADDRESS = text("SCANNER_ADDRESS")
VIES_URL = text("VIES_URL")
GLEIF_URL = text("GLEIF_URL")
DNB_URL = text("DNB_URL")
DNB_KEY = text("DNB_KEY")
DNB_SECRET = text("DNB_SECRET")
# Which registers are asked about a company, in this order, by its country, else its group: "FR" (all that the French
# register covers), "EU", "*" (the rest). Countries that are not named here use the registers' own records
# (onboarding/connectors). If a register has no answer, the next one is asked; a register without an address is left
# out.
REGISTERS: dict[str, tuple[str, ...]] = {group: tuple(codes) for group, codes in items("REGISTERS")}
# The Cloud Marketplace API, by the marketplace's region; without a key a BDM confirms.
CMP_URLS = {"na": text("CMP_URL_NA"), "eu": text("CMP_URL_EU"), "ap": text("CMP_URL_AP")}
CMP_USER = text("CMP_USER")
CMP_PASSWORD = text("CMP_PASSWORD")
CMP_KEY = text("CMP_KEY")
DNS_NAMESERVERS = items("DNS_NAMESERVERS")
DNS_PORT = whole("DNS_PORT")
# Loopback and private addresses are refused unless named here, as host:port (the demo names its twins).
OUTBOUND_ALLOW = items("OUTBOUND_ALLOW")
# The same for addresses that somebody types: who may have a webhook sent must not reach what the portal itself asks.
WEBHOOK_ALLOW = items("WEBHOOK_ALLOW")
OUTBOUND_PROXY = text("OUTBOUND_PROXY")
OUTBOUND_CA = text("OUTBOUND_CA")
# A proxy resolves names itself, out of our sight. So it is asked for names that were written here, and for no other.
OUTBOUND_HOSTS = items("OUTBOUND_HOSTS")
HOSTS_OF_SYSTEMS = configuration.hosts_of_systems()

# source -> the secrets that may sign its messages (two while one is replaced): "source:whsec_…,source:whsec_…"
WEBHOOK_SECRETS: dict[str, list[str]] = {}
for _source, _secrets in items("WEBHOOK_SECRETS"):
    WEBHOOK_SECRETS.setdefault(_source, []).extend(_secrets)
# source -> the families of messages it may send: "provider=validation,provider;relay=email"; a source without any:
# none.
WEBHOOK_KINDS: dict[str, list[str]] = dict(items("WEBHOOK_KINDS"))

LOGGING = logs.configuration(level=text("LOG_LEVEL"), form=text("LOG_FORMAT"), build=BUILD)
METRICS_TOKEN = text("METRICS_TOKEN")
