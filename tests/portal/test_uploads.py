"""A stranger's file: its type by content, and nothing in it that could act."""

import io
import zipfile
import zlib

import pytest

from onboarding.sandbox.scanner_twin import EICAR
from portal import uploads
from tests import papers


def zip_bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    return content.getvalue()


def broken_stream() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF"


def png_of_zeros() -> bytes:
    """Its head promises a picture; what follows is none."""
    return papers.picture()[:40] + zlib.compress(bytes(1000))


@pytest.mark.parametrize(
    ("content", "kind"),
    [(papers.pdf(), "pdf"), (papers.picture("PNG"), "png"), (papers.picture("JPEG"), "jpeg")],
)
def test_documents_are_known_by_their_content(content: bytes, kind: str):
    assert uploads.kind_of(content) == kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 a program that calls itself invoice.pdf", "type"),
        (b"<html><script>alert(1)</script></html>", "type"),
        (EICAR, "type"),
        (zip_bomb(), "type"),
        (b"GIF89a" + bytes(20), "type"),
        (b"%PDF-1.7 and nothing else", "broken"),
        (broken_stream(), "broken"),
        (png_of_zeros(), "broken"),
        (papers.picture("JPEG")[:50], "broken"),
        (papers.pdf_with_a_password(), "locked"),
        (papers.pdf_with_script(), "script"),
        (papers.pdf_that_starts_a_program(), "launch"),
        (papers.pdf_with_a_file_inside(), "embedded"),
        (papers.picture_bomb(), "bomb"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_could_do_harm_is_refused_by_name(content: bytes, code: str):
    with pytest.raises(uploads.Refused) as refused:
        uploads.kind_of(content)

    assert refused.value.code == code
