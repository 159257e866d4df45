"""Files as strangers bring them: whole ones, and ones that would do harm. Made here, so that each says what it is."""

import io

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen.canvas import Canvas


def pdf(text: str = "Facture 2026-117: EXEMPLE INFORMATIQUE SAS, exemple-informatique.example") -> bytes:
    content = io.BytesIO()
    canvas = Canvas(content, invariant=1)
    canvas.drawString(72, 720, text)
    canvas.save()
    return content.getvalue()


def _written(writer: PdfWriter) -> bytes:
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def pdf_with_script() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    return _written(_opening_with(writer, "/JavaScript", "/JS", "app.alert('hello');"))


def pdf_with_a_file_inside() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.add_attachment("tool.exe", b"MZ")
    return _written(writer)


def pdf_that_starts_a_program() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    return _written(_opening_with(writer, "/Launch", "/F", "calc.exe"))


def _opening_with(writer: PdfWriter, action: str, key: str, value: str) -> PdfWriter:
    deed = DictionaryObject({NameObject("/S"): NameObject(action), NameObject(key): TextStringObject(value)})
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(deed)
    return writer


def pdf_with_a_password() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="AES-128")
    return _written(writer)


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, "white").save(content, kind)
    return content.getvalue()


def picture_bomb() -> bytes:
    """A few kilobytes that would unfold into 100 million points."""
    content = io.BytesIO()
    Image.new("1", (12_000, 9_000)).save(content, "PNG")
    return content.getvalue()
