import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from portal import memory, readiness  # noqa: E402  (it needs Django ready)

readiness.require()
memory.leave_loaded_alone()
