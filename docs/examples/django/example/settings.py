"""The least that runs. Copy the last block into the settings of your project, and add "whatsapp" to its apps."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1").split(",")
INSTALLED_APPS = ["whatsapp"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "example.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", str(BASE_DIR / "db.sqlite3")),
    }
}
USE_TZ = True

VIGIA_URL = os.environ.get("VIGIA_URL", "http://127.0.0.1:3000")
VIGIA_KEY = Path(os.environ["VIGIA_KEY_FILE"]).read_text(encoding="utf8")
# two, separated by a comma, while one replaces the other
VIGIA_WEBHOOK_SECRETS = os.environ["VIGIA_WEBHOOK_SECRET"].split(",")
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
