"""One customer's plan as a PDF, for the customer: what, by when, why, by which sources."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from font_roboto import font_files
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

# PDF's own fonts cover Western Europe only; customers come from elsewhere too.
registerFont(TTFont("Roboto", font_files["Roboto"]))
registerFont(TTFont("Roboto-Bold", font_files["RobotoBold"]))
registerFontFamily("Roboto", normal="Roboto", bold="Roboto-Bold", italic="Roboto", boldItalic="Roboto-Bold")
_INK, _LINE, _HEAD = colors.HexColor("#14202e"), colors.HexColor("#dcdfe2"), colors.HexColor("#e9f0fa")


@dataclass(frozen=True)
class Document:
    title: str
    subtitle: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    reasons_title: str
    reasons: Sequence[str]
    foot: str
    language: str


def pdf(document: Document) -> bytes:
    out = io.BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=landscape(A4), title=document.title, lang=document.language, leftMargin=15 * mm,
        rightMargin=15 * mm, topMargin=15 * mm, bottomMargin=15 * mm,
    )  # fmt: skip
    styles = getSampleStyleSheet()
    body = styles["BodyText"].clone("body", fontName="Roboto", textColor=_INK)
    small = body.clone("small", fontSize=8, leading=10)
    head = small.clone("head", fontName="Roboto-Bold")
    title, second = (styles[name].clone(name, fontName="Roboto-Bold", textColor=_INK) for name in ("Title", "Heading2"))
    cells = [[Paragraph(escape(text), head) for text in document.heads]]
    cells += [[Paragraph(escape(text), small) for text in row] for row in document.rows]
    table = Table(cells, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    story = [
        Paragraph(escape(document.title), title),
        Paragraph(escape(document.subtitle), body),
        Spacer(1, 6 * mm),
        table,
        Spacer(1, 6 * mm),
        Paragraph(escape(document.reasons_title), second),
        *[Paragraph(escape(text), body) for text in document.reasons],
        Spacer(1, 6 * mm),
        Paragraph(escape(document.foot), small),
    ]
    page.build(story)
    return out.getvalue()
