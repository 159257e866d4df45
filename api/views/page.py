"""The description of the API: as OpenAPI 3.1, and as a page that loads nothing from other hosts."""

import json
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from api.views import problems
from api.views.door import api, guarded
from api.views.problems import ProblemError


@lru_cache(maxsize=1)
def schema() -> Any:
    """Return the description; it changes with the code only."""
    return json.loads(json.dumps(api.get_openapi_schema(), default=str))


@login_not_required
@require_safe
def description(request: HttpRequest) -> HttpResponse:
    """Return the description for programs. It holds no data, so nobody needs a key for it."""
    return HttpResponse(json.dumps(schema()), content_type="application/vnd.oai.openapi+json;version=3.1")


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the description to people."""
    found = schema()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_shown(path, method, operation))
    about = [_with_code(paragraph) for paragraph in found["info"]["description"].split("\n\n")]
    context = {"groups": groups, "about": about, "shapes": _shapes(found)}
    return render(request, "api/about.html", context)


def _with_code(text: str) -> SafeString:
    """Return the text with what stands between backticks as code."""
    parts = [("code" if number % 2 else "span", part) for number, part in enumerate(text.replace("``", "`").split("`"))]
    return format_html_join("", "<{0}>{1}</{0}>", parts)


def _shown(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answer = next(iter(operation["responses"].values())).get("content", {}).get("application/json", {})
    return {
        "path": path,
        "method": method.upper(),
        "text": _with_code(operation.get("description", "")),
        "parameters": operation["parameters"],
        "takes": _type(body) if body else "",
        "gives": _type(answer.get("schema", {})),
    }


def _shapes(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": _name(name),
            "text": _with_code(shape.get("description", "")),
            "fields": [(field, _type(kind)) for field, kind in shape["properties"].items()],
        }
        for name, shape in sorted(found["components"]["schemas"].items())
        if "properties" in shape
    ]


def _name(shape: str) -> str:
    """Return the name of a shape; a list's is made by pydantic of two."""
    return f"Page of {shape[5:-1]}" if shape.startswith("Page_") else shape


def _type(kind: dict[str, Any]) -> str:
    """Return what a value is, in a word or two."""
    if "$ref" in kind:
        return _name(kind["$ref"].rpartition("/")[2])
    if "anyOf" in kind or "allOf" in kind:
        return " | ".join(_type(one) for one in kind.get("anyOf", kind.get("allOf", [])))
    if "enum" in kind:
        return " | ".join(str(value) for value in kind["enum"])
    if kind.get("type") == "array":
        return f"[{_type(kind.get('items', {}))}]"
    return str(kind.get("format") or kind.get("type") or kind.get("const", ""))


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an address that does not exist like every other error of the API."""
    return guarded(lambda request: problems.answer(request, ProblemError("not_found")))(request)
