"""The application's settings; `gatepost status -o env` says where its server and its database are."""

import os

from gatepost.frameworks.django.postgresql import database

# Django's own: SECRET_KEY of `gatepost status -o env` is the server's, and no application's.
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for development alone")
DEBUG = "DJANGO_SECRET_KEY" not in os.environ
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"  # as the schema's Int
USE_TZ = True

GATEPOST = {
    "URL": os.environ["API_URL"],
    "KEY": os.environ["PUBLISHABLE_KEY"],
    "MODE": "strict",
    "OPEN": ["/account"],
}
DATABASES = {"default": database(os.environ["AUTHENTICATOR_URL"], ATOMIC_REQUESTS=True)}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "gatepost.frameworks.django", "notes"]
# Users are Gatepost's: Django's own tables are not made.
MIGRATION_MODULES = {"auth": None, "contenttypes": None}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "gatepost.frameworks.django.middleware.GatepostMiddleware",
]
AUTHENTICATION_BACKENDS = ["gatepost.frameworks.django.backends.GatepostBackend"]
LOGIN_URL = "/account/sign-in"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
