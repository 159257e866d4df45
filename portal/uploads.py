"""Detect what an uploaded file is by its content, in a child process with limited memory and time.

A PDF with active content (scripts, launches, files inside) is refused, not cleaned: a changed document proves nothing.
A picture is written again from its pixels: the place, the time and the device that cameras add are personal data that
nobody needs, and what hides behind the pixels is gone. It has at most ``MAX_SIDE`` pixels a side.
The child runs this module: bytes on standard input; on standard output a line of JSON, then the picture.

Source: [owasp-file-upload]; [pypdf]; [pillow].
"""

import io
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    TextStringObject,
)

MEMORY = 1024**3  # bytes of address space
SECONDS = 20
MAX_PIXELS = 60_000_000  # a page of A3 at 600 dots an inch
MAX_SIDE = 5_000  # a page of A4 at 400 dots an inch is legible, and smaller
QUALITY = 90  # of a JPEG: letters keep their edges
MAX_OBJECTS = 200_000

PDF, PNG, JPEG = "pdf", "png", "jpeg"
_BEGINS = {b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
# Active or attached content of a PDF: by its key, and by the type that an action, annotation or stream declares.
_KEYS = {
    "/JS": "script",
    "/JavaScript": "script",
    "/XFA": "script",
    "/OnInstantiate": "script",
    "/EmbeddedFiles": "embedded",
    "/EF": "embedded",
}
_NAMES = {
    "/JavaScript": "script",
    "/SubmitForm": "script",
    "/ImportData": "script",
    "/Launch": "launch",
    "/GoToE": "launch",
    "/GoToR": "launch",
    "/Rendition": "launch",
    "/EmbeddedFile": "embedded",
    "/FileAttachment": "embedded",
    "/3D": "embedded",
    "/Movie": "embedded",
    "/RichMedia": "embedded",
    "/Screen": "embedded",
    "/Sound": "embedded",
}
_TELLING = ("script", "embedded", "launch")  # the reasons to report first, of several


class UploadRefused(Exception):
    """The file is refused; ``code`` is the reason: empty, type, broken, locked, script, launch, embedded or bomb."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Accepted:
    """A file that may be stored: ``kind`` is ``pdf``, ``png`` or ``jpeg``, ``content`` what to store."""

    kind: str
    content: bytes


def accept(content: bytes) -> Accepted:
    """Return the file as it may be stored, after a check of its content. Raises: UploadRefused."""
    if not content:
        raise UploadRefused("empty")
    kind = _by_first_bytes(content)
    try:
        head, _end, again = in_child(kind, content).partition(b"\n")
        found = json.loads(head)
    except (subprocess.SubprocessError, ValueError) as error:
        raise UploadRefused("bomb") from error
    if found["refused"]:
        raise UploadRefused(found["refused"])
    return Accepted(kind, content if kind == PDF else again)


def in_child(kind: str, content: bytes) -> bytes:
    """Return what ``answer`` says in a process of its own. Raises: subprocess.SubprocessError."""
    command = [sys.executable, "-I", str(Path(__file__).resolve()), kind]
    done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603  (our own program)
    return done.stdout


def _by_first_bytes(content: bytes) -> str:
    for begin, kind in _BEGINS.items():
        if content.startswith(begin):
            return kind
    # PDF readers allow bytes before the header; a script could hide there, so we do not.
    if content.startswith(b"%PDF-"):
        return PDF
    raise UploadRefused("type")


# --- in the child ----------------------------------------------------------------------------------------------------


def _look(kind: str, content: bytes) -> tuple[str, bytes]:
    """Return the code of a refusal or '', and a picture's content to store."""
    try:
        return (_look_into_pdf(content), b"") if kind == PDF else ("", _picture_again(kind, content))
    except (MemoryError, RecursionError, Image.DecompressionBombError):
        return "bomb", b""
    except Exception:  # any error of a reader
        return "broken", b""


def _picture_again(kind: str, content: bytes) -> bytes:
    """Return the picture made of its pixels only, upright and not too large."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow raises at twice this value
    with Image.open(io.BytesIO(content), formats=[kind.upper()]) as picture:
        picture.load()
        found = ImageOps.exif_transpose(picture)
    if kind == JPEG and found.mode not in ("L", "RGB"):
        found = found.convert("RGB")
    # Colours and transparency; text, profiles, comments and the camera's notes are left behind.
    found.info = {name: found.info[name] for name in ("transparency",) if name in found.info}
    if max(found.size) > MAX_SIDE:
        if found.mode in ("1", "P"):
            found = found.convert("RGBA" if "transparency" in found.info else "RGB")
        found.thumbnail((MAX_SIDE, MAX_SIDE))
    out = io.BytesIO()
    found.save(out, kind.upper(), **({"quality": QUALITY} if kind == JPEG else {}))
    return out.getvalue()


def _look_into_pdf(content: bytes) -> str:
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        return "locked"
    if not len(reader.pages):
        return "broken"
    codes = {code for found in _objects(reader) for code in _acts(found)}
    return next((code for code in _TELLING if code in codes), "")


def _objects(reader: Any) -> Iterator[Any]:
    """Yield every object of the file, whether reachable or not."""
    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise MemoryError
    yield reader.trailer
    for number, generation in sorted(numbers):
        yield IndirectObject(number, generation, reader).get_object()


def _acts(found: Any) -> Iterator[str]:
    """Yield the active content of this object and of what it contains; objects it refers to are checked separately."""
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, DictionaryObject):
            names = [str(value[name]) for name in ("/S", "/Subtype", "/Type") if name in value]
            yield from (_KEYS[key] for key in value if key in _KEYS)
            yield from (_NAMES[name] for name in names if name in _NAMES)
            if not _only_turns_pages(value):
                yield "launch"
            waiting += [value.raw_get(key) for key in value]
        elif isinstance(value, ArrayObject):
            waiting += list(value)


def _only_turns_pages(found: DictionaryObject) -> bool:
    """Return True when all that happens without a click is a move to another page of this document."""
    unasked = [found["/OpenAction"]] if "/OpenAction" in found else []
    if "/AA" in found:
        events = found["/AA"]
        if not isinstance(events, DictionaryObject):
            return False
        unasked += [events[event] for event in events]
    return all(_is_destination(action) for action in unasked)


def _is_destination(action: Any) -> bool:
    if isinstance(action, DictionaryObject):
        return "/S" in action and str(action["/S"]) == "/GoTo" and "/Next" not in action
    return isinstance(action, ArrayObject | NameObject | TextStringObject | ByteStringObject | NullObject)


def answer(kind: str, content: bytes) -> bytes:
    """Return a line of JSON with the code of a refusal or "", then a picture's content to store."""
    refused, again = _look(kind, content)
    return json.dumps({"refused": refused}).encode() + b"\n" + again


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(answer(sys.argv[1], sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
