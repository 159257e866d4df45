"""Files as strangers bring them: whole ones, and ones that would do harm. Made here, so that each says what it is."""

import io

from PIL import Image
from pypdf import PdfWriter
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
    return pdf_with("/OpenAction", "<< /S /JavaScript /JS (app.alert\\(1\\)) >>")


def pdf_with_a_file_inside() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.add_attachment("tool.exe", b"MZ")
    return _written(writer)


def pdf_with(key: str, value: str, *, aside: str = "null") -> bytes:
    """``value``, in PDF's own words, under ``key`` of the document; ``aside`` is object 9, for references (9 0 R)."""
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {key} {value} >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>",
        9: aside,
    }
    return _file_of(objects)


def pdf_with_annotation(annotation: str, *, aside: str = "null") -> bytes:
    """One page with an annotation that holds ``annotation``, in PDF's own words."""
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Annots [4 0 R] >>",
        4: f"<< /Type /Annot /Rect [0 0 90 90] {annotation} >>",
        9: aside,
    }
    return _file_of(objects)


def _file_of(objects: dict[int, str]) -> bytes:
    content, places = b"%PDF-1.7\n", {}
    for number, text in objects.items():
        places[number] = len(content)
        content += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{number} 1\n{place:010} 00000 n \n" for number, place in places.items())
    start = len(content)
    return content + f"xref\n{table}trailer\n<< /Root 1 0 R /Size 10 >>\nstartxref\n{start}\n%%EOF\n".encode()


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
