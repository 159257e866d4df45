"""Requests by route, and how long they took, added up over all processes of one web server.

Each process of gunicorn counts in a file of its own, in the folder that ``gunicorn.conf.py`` makes; whichever process
answers ``/metrics`` adds the files up. So nothing is lost when a process is replaced, and each web server is one target
of Prometheus.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal import configuration

NO_ROUTE = "(no address)"
# Any other word can be sent by anybody, and each would be a new series.
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_registry = CollectorRegistry()
_REQUESTS = Counter(
    "portal_http_requests", "Requests, by name of the address", ["route", "method", "status"], registry=_registry
)
_SECONDS = Histogram(
    "portal_http_request_seconds",
    "Seconds until the answer was ready, by name of the address",
    ["route"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_registry,
)


def count(*, route: str, method: str | None, status: int, seconds: float) -> None:
    """Count one request. ``route`` is the name of the address, never the address: that may hold a token."""
    known = method if method in _METHODS else "other"
    _REQUESTS.labels(route, known, f"{status // 100}xx").inc()
    _SECONDS.labels(route).observe(seconds)


def collector() -> Collector:
    """Return what collects the figures: of all processes of this web server, or of this one if it is alone."""
    folder = configuration.text("PROMETHEUS_MULTIPROC_DIR")
    return MultiProcessCollector(CollectorRegistry(), path=folder) if folder else _registry  # type: ignore[return-value, no-untyped-call]
