"""Django, set up once a process: imported before all that needs it."""

import django
from django.conf import settings

PACKAGE = "tests.surfaces.frameworks.django"
ENGINE = "gatepost.frameworks.django.postgresql"
MIDDLEWARE = "gatepost.frameworks.django.middleware.GatepostMiddleware"

if not settings.configured:
    settings.configure(
        SECRET_KEY="of no consequence",
        ALLOWED_HOSTS=["*"],
        USE_TZ=False,
        ROOT_URLCONF=f"{PACKAGE}.application",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.admin",
            "gatepost.frameworks.django",
            f"{PACKAGE}.notes",
        ],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware", MIDDLEWARE],
        AUTHENTICATION_BACKENDS=["gatepost.frameworks.django.backends.GatepostBackend"],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES={"default": {"ENGINE": ENGINE}},
        LOGIN_URL="/account/sign-in",
    )
    django.setup()
