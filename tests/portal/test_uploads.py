"""A stranger's file: its type by content, and nothing in it that could act."""

import io
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from onboarding.sandbox.scanner_twin import EICAR
from portal import uploads
from tests import sample_documents


def zip_bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    return content.getvalue()


def broken_stream() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF"


def png_of_zeros() -> bytes:
    """Its head promises a picture; what follows is none."""
    return sample_documents.picture()[:40] + zlib.compress(bytes(1000))


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (sample_documents.pdf(), "pdf"),
        (sample_documents.picture("PNG"), "png"),
        (sample_documents.picture("JPEG"), "jpeg"),
    ],
)
def test_documents_are_known_by_their_content(content: bytes, kind: str):
    assert uploads.accept(content).kind == kind


@pytest.mark.usefixtures("readers")
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
        (sample_documents.picture("JPEG")[:50], "broken"),
        (sample_documents.pdf_with_a_password(), "locked"),
        (sample_documents.pdf_with_script(), "script"),
        (sample_documents.pdf_with_a_file_inside(), "embedded"),
        (sample_documents.picture_bomb(), "bomb"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_could_do_harm_is_refused_by_name(content: bytes, code: str):
    with pytest.raises(uploads.UploadRefused) as refused:
        uploads.accept(content)

    assert refused.value.code == code


FILE_WITHOUT_TYPE = "<< /Length 2 >>\nstream\nMZ\nendstream"
EMBEDS = "<< /Type /Filespec /F (tool.exe) /EF << /F 9 0 R >> >>"


@pytest.mark.parametrize(
    ("annotation", "code"),
    [
        (f"/Subtype /FileAttachment /FS {EMBEDS}", "embedded"),
        ("/Subtype /FileAttachment /FS (tool.exe)", "embedded"),
        ("/Subtype /3D /3DD 9 0 R", "embedded"),
        ("/Subtype /Movie /Movie << /F (film.mov) >>", "embedded"),
        ("/Subtype /Sound /Sound 9 0 R", "embedded"),
        ("/Subtype /Screen", "embedded"),
        ("/Subtype /RichMedia", "embedded"),
        (r"/Subtype /Link /A << /S /GoToR /F (\\\\host\\share) >>", "launch"),
        ("/Subtype /Link /A << /S /GoToE /T << /R /C >> >>", "launch"),
        ("/Subtype /Link /A << /S /Rendition >>", "launch"),
        ("/Subtype /Link /A << /S /Launch /F (calc.exe) >>", "launch"),
        ("/Subtype /Link /A << /S /#4aavaScript >>", "script"),
        ("/Subtype /Link /A << /S /URI /URI (https://a.example) /Next << /S /SubmitForm >> >>", "script"),
        ("/Subtype /Widget /A << /S /ImportData /F (data.fdf) >>", "script"),
        ("/Subtype /Widget /AA << /E << /S /URI /URI (https://a.example) >> >>", "launch"),
    ],
)
def test_annotation_that_carries_or_does_something_is_refused(annotation: str, code: str):
    with pytest.raises(uploads.UploadRefused) as refused:
        uploads.accept(sample_documents.pdf_with_annotation(annotation, aside=FILE_WITHOUT_TYPE))

    assert refused.value.code == code


def test_name_that_stands_in_another_object_is_read_there():
    content = sample_documents.pdf_with_annotation("/Subtype /Link /A << /S 9 0 R >>", aside="/Launch")

    with pytest.raises(uploads.UploadRefused, match="launch"):
        uploads.accept(content)


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("/AF", f"[{EMBEDS}]", "embedded"),
        ("/Extra", "<< /OnInstantiate 9 0 R >>", "script"),
        ("/OpenAction", r"<< /S /GoToR /F (\\\\host\\share) >>", "launch"),
        ("/OpenAction", "<< /S /URI /URI (https://a.example) >>", "launch"),
        ("/OpenAction", "<< /S /Named /N /Print >>", "launch"),
        ("/OpenAction", "<< /S /GoTo /D [3 0 R /Fit] /Next << /S /URI /URI (https://a.example) >> >>", "launch"),
        ("/OpenAction", "<< /D [3 0 R /Fit] >>", "launch"),
        ("/AA", "<< /WC << /S /URI /URI (https://a.example) >> >>", "launch"),
        ("/AA", "[3 0 R]", "launch"),
    ],
)
def test_document_that_does_more_than_turn_pages_when_it_opens_is_refused(key: str, value: str, code: str):
    with pytest.raises(uploads.UploadRefused) as refused:
        uploads.accept(sample_documents.pdf_with(key, value, aside=FILE_WITHOUT_TYPE))

    assert refused.value.code == code


@pytest.mark.parametrize(
    "content",
    [
        sample_documents.pdf_with_annotation("/Subtype /Link /A << /S /URI /URI (https://a.example) >>"),
        sample_documents.pdf_with_annotation("/Subtype /Link /A << /S /GoTo /D [3 0 R /Fit] >>"),
        sample_documents.pdf_with("/OpenAction", "[3 0 R /FitH null]"),
        sample_documents.pdf_with("/OpenAction", "(chapter)"),
        sample_documents.pdf_with("/OpenAction", "null"),
        sample_documents.pdf_with("/OpenAction", "9 0 R", aside="<< /S /GoTo /D [3 0 R /Fit] >>"),
        sample_documents.pdf_with("/AA", "<< >>"),
    ],
)
def test_links_to_click_and_the_page_to_begin_with_are_no_harm(content: bytes):
    assert uploads.accept(content) == uploads.Accepted("pdf", content)


# --- pictures are written again ---------------------------------------------------------------------------------


def photo(kind: str, **saved: Any) -> bytes:
    """A picture with what a camera adds: the place, the device, the time, a comment."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x9003] = "Camera maker", "Phone 9", "2026:11:29 10:00:00"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 29.6)
    out = io.BytesIO()
    Image.effect_noise((64, 32), 50).convert("RGB").save(out, kind, exif=exif, **saved)
    return out.getvalue()


def text_of_a_png() -> PngInfo:
    info = PngInfo()
    info.add_text("Author", "Marie Exemple")
    info.add_itxt("XML:com.adobe.xmp", "<x>Marie Exemple</x>")
    return info


@pytest.mark.parametrize(
    "content",
    [
        photo("JPEG"),
        photo("JPEG", comment=b"Marie Exemple"),
        photo("PNG"),
        photo("PNG", pnginfo=text_of_a_png(), icc_profile=b"Marie Exemple"),
        photo("JPEG") + b"Marie Exemple hides behind the end",
        photo("PNG") + b"PK\x03\x04 Marie Exemple",
    ],
    ids=["jpeg", "jpeg comment", "png", "png texts", "behind a jpeg", "behind a png"],
)
def test_what_a_camera_adds_to_a_picture_is_gone(content: bytes) -> None:
    again = uploads.accept(content).content

    for leak in (b"Camera maker", b"Phone 9", b"2026:11:29", b"Marie Exemple", b"PK\x03\x04"):
        assert leak not in again
    with Image.open(io.BytesIO(again)) as picture:
        assert (dict(picture.getexif()), picture.size) == ({}, (64, 32))


def test_picture_that_lay_on_its_side_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (60, 20), "white").save(out, "JPEG", exif=exif)

    with Image.open(io.BytesIO(uploads.accept(out.getvalue()).content)) as picture:
        assert picture.size == (20, 60)


@pytest.mark.usefixtures("readers")  # above half of the largest, Pillow warns
@pytest.mark.parametrize(("mode", "size"), [("RGB", (7000, 7000)), ("1", (9000, 300)), ("P", (400, 6000))])
def test_large_picture_is_made_smaller_in_its_shape(mode: str, size: tuple[int, int]) -> None:
    out = io.BytesIO()
    Image.new(mode, size).save(out, "PNG")

    with Image.open(io.BytesIO(uploads.accept(out.getvalue()).content)) as picture:
        assert max(picture.size) == uploads.MAX_SIDE
        assert picture.size[0] / picture.size[1] == pytest.approx(size[0] / size[1], rel=0.01)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA", "I;16"])
def test_pixels_stay_as_they_were(mode: str) -> None:
    out = io.BytesIO()
    source = Image.effect_noise((40, 30), 60).convert(mode) if mode != "I;16" else Image.new(mode, (40, 30), 999)
    source.save(out, "PNG")

    with Image.open(io.BytesIO(uploads.accept(out.getvalue()).content)) as picture:
        assert picture.mode == source.mode
        assert picture.convert("RGBA").tobytes() == source.convert("RGBA").tobytes() or mode == "I;16"


def test_jpeg_of_a_printer_is_made_readable() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (40, 30)).save(out, "JPEG")

    with Image.open(io.BytesIO(uploads.accept(out.getvalue()).content)) as picture:
        assert picture.mode == "RGB"


def test_a_picture_that_comes_twice_is_one_file() -> None:
    assert uploads.accept(photo_once()).content == uploads.accept(photo_once()).content


def photo_once() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (10, 10), "red").save(out, "JPEG")
    return out.getvalue()
