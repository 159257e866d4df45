"""Health pages for load balancers, Prometheus and people on call. The database decides; Redis is only reported."""

import datetime as dt
import hmac
import logging
import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from portal.notices.models import Mail
from portal.stores.base import StoreError, probe
from portal.web import http_metrics
from portal.work import metrics
from portal.work.models import Queue

log = logging.getLogger(__name__)
_PLAIN = "text/plain; charset=utf-8"


@login_not_required
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Return 200 with the release: this process answers."""
    release = f"\nrelease: {settings.RELEASE}" if settings.RELEASE else ""
    return HttpResponse(f"ok{release}", content_type=_PLAIN)


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 when the database answers and has our tables. Without it no page works, so no traffic should come."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated():
            return HttpResponse("migrations are missing", content_type=_PLAIN, status=503)
    except DatabaseError:
        return HttpResponse("no database", content_type=_PLAIN, status=503)
    return HttpResponse(f"ok\nredis: {_redis()}\ndocuments: {_documents()}", content_type=_PLAIN)


_migrated = False


def _is_migrated() -> bool:
    """Return True when all migrations have run. A True is remembered, because migrations are not undone."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _redis() -> str:
    try:
        _redis_client().ping()
    except redis.RedisError:
        return "no answer (nothing is lost: workers look by themselves)"
    return "ok"


PROBED_SECONDS = 15.0  # a stranger who asks often must not have us ask the store as often
_probed: tuple[float, str] = (-PROBED_SECONDS, "")


def _documents() -> str:
    global _probed
    at, said = _probed
    if time.monotonic() - at < PROBED_SECONDS:
        return said
    try:
        probe(storages["documents"])
    except StoreError as error:
        log.warning("the store of documents: %s", error)
        said = "no answer (pages work; no document is taken or shown, and scans wait)"
        if error.is_full:
            said = "full (pages work; no document is taken)"
        elif error.is_denied:
            said = "denied (pages work; no document is taken or shown: correct rights or settings)"
    else:
        said = "ok"
    _probed = (time.monotonic(), said)
    return said


@cache
def _redis_client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3)


@login_not_required
@never_cache
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """Return 503 when the oldest due row of an open queue has waited too long, else 200."""
    try:
        queues = metrics.queues()
        last = (
            Queue.objects.order_by("-claimed_at").exclude(claimed_at=None).values_list("claimed_at", flat=True).first()
        )
    except DatabaseError:
        return JsonResponse({"ok": False, "why": "no database"}, status=503)
    oldest = max((queue.oldest for queue in queues if queue.is_open), default=dt.timedelta())
    in_time = oldest.total_seconds() <= settings.WORK_LATE_SECONDS
    facts = {
        "ok": in_time,
        "oldest_due_seconds": round(oldest.total_seconds(), 1),
        "last_claim_at": last,
        "queues": [
            {
                "table": q.table,
                "queue": q.queue,
                "due": q.due,
                "running": q.running,
                "parked": q.parked,
                "open": q.is_open,
            }
            for q in queues
        ],
    }
    return JsonResponse(facts, status=200 if in_time else 503)


@login_not_required
@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Return the metrics as Prometheus reads them.

    All but those of requests come from the database, so they are right without Redis.
    """
    if not _may_read_metrics(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(_Figures())
    registry.register(http_metrics.collector())
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_metrics(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return not settings.PRODUCTION and request.META.get("REMOTE_ADDR") == "127.0.0.1"
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())


class _Figures(Collector):
    def collect(self) -> Iterable[Metric]:
        yield _build()
        yield from _work_metrics()
        yield from _queue_metrics()
        yield from _server()
        yield from _more()


def _build() -> Metric:
    metric = GaugeMetricFamily("portal_build_info", "1 for the release that answers", labels=list(settings.BUILD))
    metric.add_metric(list(settings.BUILD.values()), 1)
    return metric


def _work_metrics() -> Iterable[Metric]:
    queues = metrics.queues()
    gauges: tuple[tuple[str, str, Any], ...] = (
        ("due", "Rows that are due now", lambda q: q.due),
        ("oldest_due_age_seconds", "How long the oldest due row has waited", lambda q: q.oldest.total_seconds()),
        ("running", "Rows that a worker holds", lambda q: q.running),
        ("parked", "Rows set aside for staff", lambda q: q.parked),
    )
    for name, text, value in gauges:
        metric = GaugeMetricFamily(f"portal_work_{name}", text, labels=["table", "queue"])
        for queue in queues:
            metric.add_metric([queue.table, queue.queue], value(queue))
        yield metric
    outbox = [q for q in queues if q.table == Mail._meta.db_table]
    yield GaugeMetricFamily("portal_outbox_due", "Mails that should have left", sum(q.due for q in outbox))
    oldest = max((q.oldest.total_seconds() for q in outbox), default=0)
    yield GaugeMetricFamily("portal_outbox_oldest_age_seconds", "How long the oldest of them has waited", oldest)


def _queue_metrics() -> Iterable[Metric]:
    queues = list(Queue.objects.order_by("name"))
    now = dt.datetime.now(dt.UTC)
    gauges: tuple[tuple[str, str, Any], ...] = (
        (
            "breaker_open",
            "1 while the queue rests",
            lambda queue: bool(queue.closed_until and queue.closed_until > now),
        ),
        ("failures", "Failures in a row", lambda queue: queue.failures),
        (
            "claimed_timestamp_seconds",
            "Last claim",
            lambda queue: queue.claimed_at.timestamp() if queue.claimed_at else 0,
        ),
        ("nights", "Nights that one round of repeated checks takes", lambda queue: queue.nights),
    )
    counters: tuple[tuple[str, str, Any], ...] = (
        ("lease_expired", "Rows taken over from a worker that died", lambda queue: queue.expired),
        ("fenced", "Answers that came too late and were dropped", lambda queue: queue.fenced),
    )
    families: tuple[tuple[Any, Any], ...] = ((GaugeMetricFamily, gauges), (CounterMetricFamily, counters))
    for kind, rows in families:
        for name, text, value in rows:
            metric = kind(f"portal_queue_{name}", text, labels=["queue"])
            for queue in queues:
                metric.add_metric([queue.name], value(queue))
            yield metric


def _server() -> Iterable[Metric]:
    server = metrics.server()
    oldest = server.oldest_transaction.total_seconds()
    yield GaugeMetricFamily("portal_oldest_transaction_seconds", "It holds back vacuum, and so every claim", oldest)
    yield GaugeMetricFamily("portal_idle_in_transaction", "Sessions that forgot to commit", server.idle_in_transaction)
    yield GaugeMetricFamily("portal_connections", "Sessions of this database", server.connections)
    dead = GaugeMetricFamily("portal_dead_rows", "Dead rows that vacuum has not taken yet", labels=["table"])
    for table, count in sorted(server.dead_rows.items()):
        dead.add_metric([table], count)
    yield dead


def _more() -> Iterable[Metric]:
    for gauges in metrics.MORE_GAUGES:
        for gauge in gauges():
            metric = GaugeMetricFamily(gauge.name, gauge.text, labels=[gauge.label])
            for value, figure in gauge.values.items():
                metric.add_metric([value], figure)
            yield metric
