"""Which store keeps the documents, and which the warehouse's export: from the settings to Django's declaration.

The libraries of the stores open connections of their own, which ``portal.outbound`` cannot guard: they call only the
address of the settings, by the same proxy, trusting the same authorities.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from portal import authorities, configuration
from portal.configuration import text

FOLDER, S3, AZURE, NONE = "folder", "s3", "azure", "none"
# What must be importable, and what pip calls it.
PACKAGES = {
    S3: (("storages", "boto3"), "django-storages[s3]"),
    AZURE: (("storages", "azure.storage.blob"), "django-storages[azure]"),
}
_BACKENDS = {S3: "portal.stores.s3.S3Store", AZURE: "portal.stores.azure.AzureStore"}


@dataclass(frozen=True)
class _Wanted:
    """What the settings say of one store. ``name`` is how their own names begin."""

    name: str
    kind: str
    bucket: str
    folder: Path


def storages(root: Path) -> dict[str, dict[str, Any]]:
    """Return the declarations of ``documents``, and of ``warehouse`` where there is one, for Django's ``STORAGES``.

    Raises: ImproperlyConfigured: a setting is missing, contradicts another, or needs a package that is not installed.
    """
    documents = _Wanted(
        "DOCUMENTS", text("DOCUMENTS_STORE").strip(), text("DOCUMENTS_BUCKET").strip(), root / text("DOCUMENTS_ROOT")
    )
    warehouse = _Wanted(
        "WAREHOUSE", text("WAREHOUSE_STORE").strip(), text("WAREHOUSE_BUCKET").strip(), root / text("WAREHOUSE_ROOT")
    )
    _check_bucket(documents)
    _check_bucket(warehouse)
    _keep_apart(documents, warehouse)
    return {each.name.lower(): _declared(each) for each in (documents, warehouse) if each.kind != NONE}


def _check_bucket(wanted: _Wanted) -> None:
    if wanted.kind in (FOLDER, NONE) and wanted.bucket:
        raise ImproperlyConfigured(f"{wanted.name}_BUCKET is set, and {wanted.name}_STORE={wanted.kind} has no bucket.")
    if wanted.kind in (S3, AZURE) and not wanted.bucket:
        raise ImproperlyConfigured(f"{wanted.name}_STORE={wanted.kind} needs {wanted.name}_BUCKET.")


def _keep_apart(documents: _Wanted, warehouse: _Wanted) -> None:
    """Refuse one place for both: a reader of the warehouse must not find documents."""
    if documents.kind != warehouse.kind:
        return
    if documents.kind == FOLDER:
        one, other = documents.folder.resolve(), warehouse.folder.resolve()
        if one == other or one in other.parents or other in one.parents:
            raise ImproperlyConfigured("WAREHOUSE_ROOT and DOCUMENTS_ROOT must not contain each other.")
    elif documents.bucket == warehouse.bucket:
        raise ImproperlyConfigured("WAREHOUSE_BUCKET must not be DOCUMENTS_BUCKET: its readers would see documents.")


def _declared(wanted: _Wanted) -> dict[str, Any]:
    if wanted.kind == FOLDER:
        return {"BACKEND": "portal.stores.folder.FolderStore", "OPTIONS": {"location": wanted.folder}}
    _need_package(wanted)
    reached = _of_s3(wanted) if wanted.kind == S3 else _of_azure(wanted)
    options = {
        "bucket": wanted.bucket,
        **reached,
        "proxy": "" if _is_direct(reached["endpoint"]) else text("OUTBOUND_PROXY"),
        "authorities": authorities.together(text("OUTBOUND_CA")),
    }
    return {"BACKEND": _BACKENDS[wanted.kind], "OPTIONS": options}


def _of_s3(wanted: _Wanted) -> dict[str, str]:
    endpoint, region = text("S3_ENDPOINT"), text("S3_REGION").strip()
    _demand_tls("S3_ENDPOINT", endpoint)
    configuration.complete("S3_KEY", "S3_SECRET")
    if not region and not endpoint:
        raise ImproperlyConfigured(
            f"{wanted.name}_STORE=s3 needs S3_REGION, or S3_ENDPOINT for a server that is not Amazon's."
        )
    # Every signature names a region; servers of one's own take this one.
    return {
        "endpoint": endpoint,
        "region": region or "us-east-1",
        "key": text("S3_KEY").strip(),
        "secret": text("S3_SECRET").strip(),
    }


def _of_azure(wanted: _Wanted) -> dict[str, str]:
    endpoint, account, key = text("AZURE_ENDPOINT"), text("AZURE_ACCOUNT").strip(), text("AZURE_KEY").strip()
    _demand_tls("AZURE_ENDPOINT", endpoint)
    if not account or not key:
        raise ImproperlyConfigured(f"{wanted.name}_STORE=azure needs AZURE_ACCOUNT and AZURE_KEY.")
    return {"endpoint": endpoint, "account": account, "key": key}


def _demand_tls(name: str, given: str) -> None:
    if given.lower().startswith("http:") and configuration.environment() == "production":
        raise ImproperlyConfigured(f"{name} must begin with https://: documents must not travel unencrypted.")


def _need_package(wanted: _Wanted) -> None:
    modules, package = PACKAGES[wanted.kind]
    for module in modules:
        try:
            is_there = find_spec(module) is not None
        except ModuleNotFoundError:  # the package around it
            is_there = False
        if not is_there:
            raise ImproperlyConfigured(
                f"{wanted.name}_STORE={wanted.kind} needs a package ({package}): build the image with OPTIONAL=true."
            )


def _is_direct(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return bool(endpoint) and f"{parts.hostname}:{port}" in configuration.items("OUTBOUND_ALLOW")
