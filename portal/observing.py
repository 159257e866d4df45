"""Send errors to Sentry and traces by OpenTelemetry, where an address is set (``SENTRY_DSN``, ``OTEL_…_ENDPOINT``).

Their packages are optional (``pyproject.toml``, ``watch``), and open connections of their own, through the company's
proxy, trusting the same authorities as every call. Neither gets personal data: no body, cookie, query, local variable
or value of a statement leaves, texts pass through the masks of the logs, and of a trace only the attributes of ``KEPT``
do.

Source: [sentry-python], [opentelemetry-python].
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal import authorities, configuration
from portal.logs import masked

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import TracerProvider

# Names of things and numbers. Addresses, statements with their values, users and machines are not among them.
KEPT = frozenset({
    "http.route", "http.method", "http.request.method", "http.status_code", "http.response.status_code", "url.scheme",
    "server.address", "server.port", "net.peer.name", "net.peer.port",
    "db.system", "db.system.name", "db.name", "db.namespace", "db.operation.name",
    "celery.action", "celery.state", "celery.task_name", "messaging.destination", "messaging.destination.name",
    "exception.type", "error.type",
})  # fmt: skip


def start() -> None:
    """Begin to send, once in each process, what the settings ask for; a restored copy (``SEND_NOTHING``) sends nothing.

    Raises: ImproperlyConfigured: an address is set, and its package is not installed.
    """
    if settings.SEND_NOTHING:
        return
    if settings.SENTRY_DSN:
        _demand("sentry_sdk", "SENTRY_DSN")
        _start_sentry()
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        _demand("opentelemetry", "OTEL_EXPORTER_OTLP_ENDPOINT")
        _start_traces()


def _demand(package: str, setting: str) -> None:
    if find_spec(package) is None:
        raise ImproperlyConfigured(f"{setting} needs the optional packages: build the image with OPTIONAL=true.")


def _start_sentry() -> None:
    import sentry_sdk  # noqa: PLC0415  (optional)

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.RELEASE or None,
        environment=configuration.environment(),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=without_people,
        http_proxy=settings.OUTBOUND_PROXY or None,
        https_proxy=settings.OUTBOUND_PROXY or None,
        ca_certs=authorities.together(settings.OUTBOUND_CA) or None,
    )


def without_people(event: Any, _hint: Any) -> Any:
    """Return Sentry's event without what tells of a person: its request keeps method and masked path alone."""
    event.pop("user", None)
    asked = event.pop("request", None)
    if asked:
        event["request"] = {name: asked[name] for name in ("method", "url") if name in asked}
    event.pop("server_name", None)
    return _masked(event)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list | tuple) else value


def _start_traces() -> None:
    from opentelemetry import trace  # noqa: PLC0415  (optional, as all below)
    from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.django import DjangoInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor  # noqa: PLC0415

    trace.set_tracer_provider(provider())
    made: list[Any] = [DjangoInstrumentor(), CeleryInstrumentor(), Psycopg2Instrumentor(), HTTPXClientInstrumentor()]  # type: ignore[no-untyped-call]
    for instrumentor in made:
        instrumentor.instrument()


def provider() -> "TracerProvider":
    """Return what collects spans; a share of them is chosen by OpenTelemetry's own ``OTEL_TRACES_SAMPLER``."""
    import requests  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    session = requests.Session()
    if settings.OUTBOUND_PROXY:
        session.proxies = {"http": settings.OUTBOUND_PROXY, "https": settings.OUTBOUND_PROXY}
    session.trust_env = False
    exporter = OTLPSpanExporter(
        endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces",
        certificate_file=authorities.together(settings.OUTBOUND_CA) or None,
        session=session,
    )
    told = {
        "service.name": "portal",
        "service.version": settings.RELEASE,
        "deployment.environment.name": configuration.environment(),
    }
    made = TracerProvider(resource=Resource(told))
    made.add_span_processor(BatchSpanProcessor(_careful(exporter)))
    return made


def _careful(exporter: "SpanExporter") -> "SpanExporter":
    """Return an exporter that sends of each span its name, its times and the attributes of ``KEPT``."""
    from opentelemetry.sdk.trace.export import SpanExporter  # noqa: PLC0415

    class Careful(SpanExporter):
        def export(self, spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
            return exporter.export([_bare(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Careful()


def _bare(span: "ReadableSpan") -> "ReadableSpan":
    from opentelemetry.sdk.trace import Event, ReadableSpan  # noqa: PLC0415
    from opentelemetry.trace import Status  # noqa: PLC0415

    return ReadableSpan(
        # A statement's name is its first word, a request's its method and route.
        name=masked(span.name.split("\n")[0])[:200],
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_kept(span.attributes),
        events=[Event(each.name, _kept(each.attributes), each.timestamp) for each in span.events],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _kept(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in KEPT}
