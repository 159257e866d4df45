"""The door of the API: who calls, how often, in which form errors and answers leave.

django-ninja, because the types of a function are its description: what is checked, what is published as OpenAPI 3.1 and
what mypy sees are one thing. Django REST framework needs serializers beside the types, and a second package
(drf-spectacular) that derives the description from them.

Its own pages for browsers load scripts from other hosts, so ``api.views.page`` has a page without any.
"""

import functools
import json
import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from structlog.contextvars import bind_contextvars, get_contextvars

from api.domain import answers, clients, cursors, records
from api.domain.clients import Caller
from api.enums import ApiScope
from api.views import problems
from api.views.description import described
from api.views.problems import ProblemError
from portal.limits import LimitReachedError

_KEY = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Key(HttpBearer):
    """The key of a client, read again for each request: a revoked one opens nothing, also not the rest of a list."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        now = timezone.now()
        key = clients.find(token.strip(), now=now)
        if key is None:
            raise ProblemError("unauthorized")
        bind_contextvars(api_client=key.client_id)
        try:
            clients.spend(key, now=now)
            return clients.caller(key, now=now)
        except clients.TooFastError as error:
            raise ProblemError("too_fast", headers={"Retry-After": str(error.seconds)}) from error
        except clients.NobodyError as error:
            raise ProblemError("nobody") from error


class PortalAPI(NinjaAPI):
    """NinjaAPI with an ``ETag`` on every answer to a GET, and a description that says what all addresses share."""

    def create_response(self, request: HttpRequest, data: Any, **kwargs: Any) -> HttpResponse:
        response = super().create_response(request, data, **kwargs)
        if request.method != "GET" or response.status_code != 200:
            return response
        etag = _etag(response.content)
        response.headers["ETag"] = etag
        found = get_conditional_response(request, etag=etag, response=response)
        assert isinstance(found, HttpResponse)
        return found

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        return described(super().get_openapi_schema(**kwargs))


api = PortalAPI(
    title="Partner onboarding", version="1", urls_namespace="api", docs_url=None, openapi_url=None, auth=Key()
)


@api.exception_handler(ProblemError)
def _problem(request: HttpRequest, error: ProblemError) -> HttpResponse:
    return problems.answer(request, error)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.answer(request, ProblemError("not_found"))


@api.exception_handler(AuthenticationError)
def _unauthorized(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problems.answer(request, ProblemError("unauthorized"))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problems.answer(request, ProblemError("body_unreadable"))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.answer(request, problems.of_validation(error.errors))


@api.exception_handler(LimitReachedError)
def _limit(request: HttpRequest, error: LimitReachedError) -> HttpResponse:
    seconds = max(int((error.until - timezone.now()).total_seconds()), 1)
    return problems.answer(request, ProblemError("limit", headers={"Retry-After": str(seconds)}))


@api.exception_handler(cursors.BadCursorError)
def _bad_cursor(request: HttpRequest, error: cursors.BadCursorError) -> HttpResponse:
    return problems.answer(request, ProblemError("bad_cursor"))


@api.exception_handler(answers.KeyReusedError)
def _reused(request: HttpRequest, error: answers.KeyReusedError) -> HttpResponse:
    return problems.answer(request, ProblemError("key_reused"))


def _etag(content: bytes) -> str:
    return f'"{answers.digest("", "", content)[:32]}"'


def etag_of(request: HttpRequest, body: str) -> str:
    """Return the ``ETag`` that a GET of this JSON has."""
    return _etag(api.renderer.render(request, json.loads(body), response_status=200).encode())


def caller(request: HttpRequest) -> Caller:
    found: Caller = request.auth  # type: ignore[attr-defined]
    return found


View = Callable[..., Any]


def reads(scope: ApiScope, *, known: type[Schema] | None = None) -> Callable[[View], View]:
    """Let only clients with the permission read, and refuse parameters that the list does not know."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            _may(request, scope)
            strange = sorted(set(request.GET) - set(known.model_fields if known else ()))
            if strange:
                raise ProblemError("unknown_parameter", errors=[(name[:80], name[:80]) for name in strange[:10]])
            return view(request, *args, **kwargs)

        return inner

    return decorate


def changes(scope: ApiScope) -> Callable[[View], View]:
    """Let only clients with the permission do it, once for each ``Idempotency-Key``, with a line in the record.

    The view returns (status, schema, what it was done to). What it refuses is an answer too, and kept like one.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            who = _may(request, scope)
            key = request.headers.get("Idempotency-Key", "")
            if not _KEY.fullmatch(key):
                raise ProblemError("key_missing")
            now = timezone.now()

            def do() -> tuple[int, str]:
                try:
                    status, told, subject = _undone_if_refused(view, request, *args, **kwargs)
                    body = told.model_dump_json()
                except ProblemError as problem:
                    status, body, subject = problem.status, problem.body(), next(iter(kwargs.values()), "")
                records.record(
                    who, what=view.__name__, subject=str(subject), status=status, now=now,
                    request_id=request_id(),
                )  # fmt: skip
                return status, body

            given = answers.digest(request.method or "", request.path, request.body)
            status, body, is_again = answers.once(client=who.client, key=key, request=given, now=now, do=do)
            media = problems.MEDIA_TYPE if status >= 400 else "application/json"
            response = HttpResponse(body, status=status, content_type=media)
            if request.method == "PUT" and status == 200:
                response.headers["ETag"] = etag_of(request, body)
            if is_again:
                response.headers["Idempotent-Replayed"] = "true"
            return response

        return inner

    return decorate


def _undone_if_refused(view: View, *args: Any, **kwargs: Any) -> Any:
    with transaction.atomic():
        return view(*args, **kwargs)


def request_id() -> str:
    return str(get_contextvars().get("request_id", ""))


def _may(request: HttpRequest, scope: ApiScope) -> Caller:
    who = caller(request)
    if scope not in who.client.scopes:
        raise ProblemError("forbidden", errors=[(scope.value, scope.label)])
    return who


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the view of an address as browsers and caches meet it: errors as problems, nothing shared."""

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except ProblemError as problem:
            response = problems.answer(request, problem)
        if response.status_code == 405 and response.headers.get("Content-Type") != problems.MEDIA_TYPE:
            allowed = response.headers.get("Allow", "")
            response = problems.answer(request, ProblemError("method", headers={"Allow": allowed}))
        response.headers["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization", "Accept-Language"])
        return response

    return inner
