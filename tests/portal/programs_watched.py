"""A program of the portal that fails on purpose, for ``test_observing``. Prints nothing; what it sends is the test."""

import sys
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.decorators import login_not_required  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

from portal import outbound  # noqa: E402
from portal.work.wakeups import wake_workers  # noqa: E402

ADDRESS, TOKEN = "lou.exemple@company.example", "c2VjcmV0LW9mLWFuLWludml0YXRpb24-1"


@csrf_exempt
@login_not_required
def fails(request: HttpRequest, token: str) -> HttpResponse:
    password = "typed-by-a-person-9000"  # noqa: F841  (a local variable)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [ADDRESS])
    wake_workers(["notices.send_due"])
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        outbound.request("POST", f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT}/other?code={TOKEN}", timeout=5)
    raise ValueError(f"{ADDRESS} was refused at /invited/{TOKEN}/")


def said_so(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Failed.", status=500)


handler500 = said_so
urlpatterns = [path("invited/<str:token>/", fails)]

if __name__ == "__main__":
    settings.ROOT_URLCONF = "tests.portal.programs_watched"
    from portal.wsgi import application

    asked = RequestFactory(headers={"user-agent": "a-browser", "cookie": "kept=a-cookie"}).post(
        f"/invited/{TOKEN}/?email={ADDRESS}", {"password": "typed-by-a-person-9000"}
    )
    statuses: list[str] = []

    def begin(status: str, *_rest: Any) -> Any:
        statuses.append(status)

    for _part in application(asked.environ, begin):
        pass
    if settings.SENTRY_DSN:
        import sentry_sdk

        sentry_sdk.flush(10)
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from opentelemetry import trace

        trace.get_tracer_provider().force_flush(10_000)  # type: ignore[attr-defined]
    sys.exit(statuses != ["500 Internal Server Error"])
