"""Which store is used is read from the settings, and what contradicts itself is refused with one sentence."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.stores import choosing

ROOT = Path("/project")
S3 = {"DOCUMENTS_STORE": "s3", "DOCUMENTS_BUCKET": "papers", "S3_REGION": "eu-west-1"}
AZURE = {"DOCUMENTS_STORE": "azure", "DOCUMENTS_BUCKET": "papers", "AZURE_ACCOUNT": "portal", "AZURE_KEY": "a2V5"}
NAMES = (
    "DOCUMENTS_STORE", "DOCUMENTS_BUCKET", "DOCUMENTS_ROOT", "WAREHOUSE_STORE", "WAREHOUSE_BUCKET", "WAREHOUSE_ROOT",
    "S3_ENDPOINT", "S3_REGION", "S3_KEY", "S3_SECRET", "AZURE_ACCOUNT", "AZURE_KEY", "AZURE_ENDPOINT", "OUTBOUND_PROXY",
    "OUTBOUND_ALLOW", "OUTBOUND_CA",
)  # fmt: skip


def declared(monkeypatch: pytest.MonkeyPatch, **given: str) -> dict[str, dict[str, Any]]:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return choosing.storages(ROOT)


def test_folder_is_the_default_and_there_is_no_warehouse(monkeypatch: pytest.MonkeyPatch) -> None:
    assert declared(monkeypatch) == {
        "documents": {
            "BACKEND": "portal.stores.folder.FolderStore", "OPTIONS": {"location": ROOT / ".run/documents"},
        }
    }  # fmt: skip


def test_bucket_of_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"S3_ENDPOINT": "http://minio.example:9000/", "S3_KEY": "key", "S3_SECRET": "secret", "S3_REGION": ""}

    assert declared(monkeypatch, **{**S3, **given})["documents"] == {
        "BACKEND": "portal.stores.s3.S3Store",
        "OPTIONS": {
            "bucket": "papers", "endpoint": "http://minio.example:9000", "region": "us-east-1", "key": "key",
            "secret": "secret", "proxy": "", "authorities": "",
        },
    }  # fmt: skip


def test_container_of_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert declared(monkeypatch, **AZURE)["documents"] == {
        "BACKEND": "portal.stores.azure.AzureStore",
        "OPTIONS": {
            "bucket": "papers", "endpoint": "", "account": "portal", "key": "a2V5", "proxy": "", "authorities": "",
        },
    }  # fmt: skip


def test_store_is_asked_by_the_companys_proxy_unless_it_may_be_called_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**S3, "S3_ENDPOINT": "https://minio.example", "OUTBOUND_PROXY": "http://proxy.example:3128"}

    by_proxy = declared(monkeypatch, **given)["documents"]["OPTIONS"]["proxy"]
    directly = declared(monkeypatch, **given, OUTBOUND_ALLOW="minio.example:443")["documents"]["OPTIONS"]["proxy"]

    assert (by_proxy, directly) == ("http://proxy.example:3128", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"DOCUMENTS_STORE": "disk"}, 'DOCUMENTS_STORE is "disk". It must be one of "folder", "s3", "azure".'),
        ({"DOCUMENTS_STORE": ""}, 'DOCUMENTS_STORE is "". It must be one of "folder", "s3", "azure".'),
        ({"WAREHOUSE_STORE": "ftp"}, 'WAREHOUSE_STORE is "ftp". It must be one of "none", "folder", "s3", "azure".'),
        (
            {"DOCUMENTS_BUCKET": "papers"},
            "DOCUMENTS_BUCKET is set, and DOCUMENTS_STORE=folder has no bucket.",
        ),
        ({**S3, "DOCUMENTS_BUCKET": " "}, "DOCUMENTS_STORE=s3 needs DOCUMENTS_BUCKET."),
        (
            {**S3, "S3_REGION": ""},
            "DOCUMENTS_STORE=s3 needs S3_REGION, or S3_ENDPOINT for a server that is not Amazon's.",
        ),
        ({**S3, "S3_KEY": "key"}, "S3_SECRET must be set too, or none of S3_KEY, S3_SECRET."),
        (
            {**S3, "S3_ENDPOINT": "minio:9000"},
            'S3_ENDPOINT is "minio:9000". It must be an address, as https://storage.example.',
        ),
        ({**AZURE, "AZURE_KEY": ""}, "DOCUMENTS_STORE=azure needs AZURE_ACCOUNT and AZURE_KEY."),
        (
            {"WAREHOUSE_STORE": "folder", "WAREHOUSE_ROOT": ".run/documents/nights"},
            "WAREHOUSE_ROOT and DOCUMENTS_ROOT must not contain each other.",
        ),
        (
            {**S3, "WAREHOUSE_STORE": "s3", "WAREHOUSE_BUCKET": "papers"},
            "WAREHOUSE_BUCKET must not be DOCUMENTS_BUCKET: its readers would see documents.",
        ),
    ],
)
def test_contradiction_is_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        declared(monkeypatch, **given)

    assert str(refused.value) == sentence


def test_production_sends_documents_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ENV", "production")

    with pytest.raises(ImproperlyConfigured, match="S3_ENDPOINT must begin with https://"):
        declared(monkeypatch, **S3, S3_ENDPOINT="http://minio.example:9000")


@pytest.mark.parametrize("kind", ["s3", "azure"])
def test_start_without_the_package_says_what_to_install(kind: str) -> None:
    # A program of its own, in which the package is not to be found.
    program = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('storages', 'azure', 'boto3'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import django\n"
        "django.setup()\n"
    )
    environment = {**(S3 if kind == "s3" else AZURE), "DJANGO_SETTINGS_MODULE": "portal.settings", "PATH": ""}

    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        f"django.core.exceptions.ImproperlyConfigured: DOCUMENTS_STORE={kind} needs a package "
        f"(django-storages[{kind}]): build the image with OPTIONAL=true."
    )


def test_companys_authorities_are_trusted_beside_the_public_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import certifi  # noqa: PLC0415

    public = Path(certifi.where()).read_text()
    own = tmp_path / "company.pem"
    own.write_text(public[: public.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n")

    trusted = declared(monkeypatch, **S3, OUTBOUND_CA=str(own))["documents"]["OPTIONS"]["authorities"]

    assert Path(trusted).read_text() == public + "\n" + own.read_text()
