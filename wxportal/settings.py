"""Settings, all from the environment, safe by default.

Every variable is listed in ``.env.example``. A missing or absurd value does
not crash here: it becomes a numbered system check (``wxportal/checks.py``)
that says what to do, so that ``manage.py check`` can name all of them at once.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.smart_cast = False
# What is set already wins; then `.env`; then what `make run` noted about the servers it started in this checkout,
# so that `manage.py` reaches the running stack.
for _file in (BASE_DIR / ".env", BASE_DIR / "var" / "local.env"):
    if _file.is_file():
        env.read_env(_file)

# Values that cannot be read, by variable; the check wxportal.E012 names them.
UNREADABLE_SETTINGS: dict[str, str] = {}


def _number(name: str, default: int) -> int:
    """Return the variable as a number; what is none is noted for the system check, and the default holds."""
    try:
        return int(env.str(name, default=str(default)))
    except ValueError:
        UNREADABLE_SETTINGS[name] = "a whole number"
        return default


def _switch(name: str, default: bool) -> bool:
    """Return the variable as yes or no; what is neither is noted for the system check, and the default holds."""
    text = env.str(name, default=str(default)).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text not in ("0", "false", "no", "off", ""):
        UNREADABLE_SETTINGS[name] = "1 or 0"
        return default
    return False


# --- Who we are -------------------------------------------------------------
DEBUG = _switch("DEBUG", False)
# Django refuses an empty key before our checks can explain it; a short one is explained.
SECRET_KEY = env.str("SECRET_KEY", default="") or "unset"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
# Where WeChat and people reach us, without a trailing slash: callback addresses and mail links start with it.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Applications -----------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "wxportal.shell.apps.ShellConfig",
    "wxportal.shell.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_prose_editor",
    "accounts.apps.AccountsConfig",
    "followers.apps.FollowersConfig",
    "articles.apps.ArticlesConfig",
    "campaigns.apps.CampaignsConfig",
    "desk.apps.DeskConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "wxportal.shell.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "wxportal.shell.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "wxportal.urls"
WSGI_APPLICATION = "wxportal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "wxportal.shell.templatetags.shell"],
        },
    }
]

# --- PostgreSQL, and nothing else ------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="")
# A new connection per request cost 6.7 times a pooled one, so every process keeps a small pool.
DATABASE_POOL_SIZE = _number("DATABASE_POOL_SIZE", 10)
DATABASES = {
    "default": {
        **environ.Env.db_url_config(DATABASE_URL if "://" in DATABASE_URL else "postgres:///wxportal"),
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10},
            # An armed batch must survive a crash of the database before the first byte leaves (DISPATCH T2).
            "options": "-c synchronous_commit=on",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: queue, cache, locks --------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "wxportal",
    }
}
CELERY_BROKER_URL = REDIS_URL

# --- People -----------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "shell:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "shell:login"

# --- Mail ---------------------------------------------------------------------
# Empty: no mail leaves, and the mailbox page shows what would have.
EMAIL_URL = env.str("EMAIL_URL", default="")
try:
    _mail = environ.Env.email_url_config(EMAIL_URL or "dummymail://")
except (ImproperlyConfigured, KeyError, ValueError):
    UNREADABLE_SETTINGS["EMAIL_URL"] = "smtp+tls://user:password@host:587"
    _mail = environ.Env.email_url_config("dummymail://")
vars().update(_mail)
EMAIL_TIMEOUT = 20  # seconds; the outbox gives a mail up after five minutes
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="wxportal@localhost")

# --- Languages and clocks ---------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
# Each under its own name, so that whoever landed in the wrong one finds the way back.
LANGUAGES = [("en", "English"), ("ja", "日本語"), ("zh-hans", "简体中文")]
# The second: what the shell's wheel shows and does not translate itself.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "shell"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Tokyo")

# --- Files ------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str("STATICFILES_BACKEND", default="django.contrib.staticfiles.storage.StaticFilesStorage")
    },
}
# Static files straight from their sources: for a checkout; production runs collectstatic.
WHITENOISE_USE_FINDERS = _switch("WHITENOISE_USE_FINDERS", DEBUG)
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

# --- Security ---------------------------------------------------------------
# Keys for secrets at rest, the current one first: "k2:<base64 of 32 bytes>,k1:<…>"; or a file holding that line.
VAULT_KEYS = env.str("VAULT_KEYS", default="")
VAULT_KEYS_FILE = env.str("VAULT_KEYS_FILE", default="")
_over_https = urlsplit(PUBLIC_BASE_URL).scheme == "https"
SECURE_SSL_REDIRECT = _switch("SECURE_SSL_REDIRECT", _over_https)
SECURE_HSTS_SECONDS = _number("SECURE_HSTS_SECONDS", 31_536_000 if _over_https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = _over_https
SECURE_HSTS_PRELOAD = _over_https
if _switch("BEHIND_HTTPS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _over_https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- WeChat -----------------------------------------------------------------
WECHAT_API_BASE_URL = env.str("WECHAT_API_BASE_URL", default="https://api.weixin.qq.com")
# The WeChat that runs here, for rehearsals and demos; empty where there is none.
SANDBOX_URL = env.str("SANDBOX_URL", default="").rstrip("/")

# --- Sending (DISPATCH.md) --------------------------------------------------
# Kept outside the database: a restored or cloned database shows another number here, and sending goes off.
INCARNATION_FILE = env.str("INCARNATION_FILE", default=str(BASE_DIR / "var" / "incarnation"))
# Every waiting time of the protocol is divided by this; 1 in production, larger only in tests and fault runs.
DISPATCH_TIME_SCALE = _number("DISPATCH_TIME_SCALE", 1)
# A named point at which a worker kills itself, for fault runs; empty in production.
CRASHPOINT = env.str("CRASHPOINT", default="")

# --- Logs -------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}

# --- The shell (django-unfold) ---------------------------------------------
UNFOLD = {
    "SITE_TITLE": "wxportal",
    "SITE_HEADER": "wxportal",
    "SITE_SYMBOL": "forum",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("shell/favicon.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "SIDEBAR": {"navigation": "wxportal.shell.navigation.sidebar"},
    "ACCOUNT": {"navigation": "wxportal.shell.navigation.account_links"},
    "STYLES": [lambda request: static("shell/shell.css")],
    "SCRIPTS": [lambda request: static("shell/shell.js")],
}
