"""One customer's plan as a PDF, for the customer: what happens, by when, what is asked of them, by which sources."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, ListFlowable, ListItem, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from licensing.writers.fonts import markup

_INK, _LINE, _HEAD = colors.HexColor("#14202e"), colors.HexColor("#dcdfe2"), colors.HexColor("#e9f0fa")


@dataclass(frozen=True)
class Section:
    """A title with its points; it is left out without points."""

    title: str
    points: Sequence[str]


@dataclass(frozen=True)
class Document:
    """``widths`` are shares of the page, one for each column."""

    title: str
    subtitle: str
    intro: Sequence[str]
    heads: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[str]]
    sections: Sequence[Section]
    foot: str
    language: str
    author: str


def pdf(document: Document) -> bytes:
    out = io.BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=landscape(A4), title=document.title, author=document.author, lang=document.language,
        leftMargin=15 * mm, rightMargin=15 * mm, topMargin=15 * mm, bottomMargin=15 * mm,
    )  # fmt: skip
    styles = getSampleStyleSheet()
    body = styles["BodyText"].clone("body", fontName="Roboto", textColor=_INK)
    small = body.clone("small", fontSize=9, leading=12)
    title, second = (
        styles[name].clone(name, fontName="Roboto-Bold", textColor=_INK, alignment=0) for name in ("Title", "Heading2")
    )
    story: list[Flowable] = [
        Paragraph(markup(document.title), title),
        Paragraph(markup(document.subtitle), body),
        *[Paragraph(markup(text), body) for text in document.intro],
        Spacer(1, 5 * mm),
        _table(document, small, width=page.width),
    ]
    for section in document.sections:
        if section.points:
            points = [ListItem(Paragraph(markup(text), small), leftIndent=12) for text in section.points]
            story += [
                Spacer(1, 4 * mm),
                Paragraph(markup(section.title), second),
                ListFlowable(points, bulletType="bullet", start="–", leftIndent=12),
            ]
    story += [Spacer(1, 6 * mm), Paragraph(markup(document.foot), small)]
    page.build(story)
    return out.getvalue()


def _table(document: Document, small: "object", *, width: float) -> Table:
    head = small.clone("head", fontName="Roboto-Bold")  # type: ignore[attr-defined]
    cells = [[Paragraph(markup(text), head) for text in document.heads]]
    cells += [[Paragraph(markup(text), small) for text in row] for row in document.rows]
    table = Table(cells, repeatRows=1, colWidths=[width * share for share in document.widths])
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table
