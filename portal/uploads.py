"""What a stranger's file really is, told by its content, in a child process with little memory and little time.

A PDF that could act (scripts, launches, files inside) is refused, not cleaned: what was changed proves nothing.
Runs by itself as the child: bytes on standard input, one JSON object on standard output.

Source: [owasp-file-upload]; [pypdf]; [pillow].
"""

import io
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
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
MAX_OBJECTS = 200_000

PDF, PNG, JPEG = "pdf", "png", "jpeg"
_BEGINS = {b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
# What a PDF does, or carries, besides being read: by a key, and by what an action, annotation or stream calls itself.
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
_TELLING = ("script", "embedded", "launch")  # the reason that is told, of several


class UploadRefused(Exception):
    """The file is not taken; ``code`` says why: empty, type, broken, locked, script, launch, embedded or bomb."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(content: bytes) -> str:
    """``pdf``, ``png`` or ``jpeg``, after looking inside. Raises: Refused."""
    if not content:
        raise UploadRefused("empty")
    kind = _by_first_bytes(content)
    try:
        done = subprocess.run(  # noqa: S603  (our own program)
            [sys.executable, "-I", str(Path(__file__).resolve()), kind],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise UploadRefused("bomb") from error
    if found["refused"]:
        raise UploadRefused(found["refused"])
    return kind


def _by_first_bytes(content: bytes) -> str:
    for begin, kind in _BEGINS.items():
        if content.startswith(begin):
            return kind
    # Readers allow something before the header; whoever puts a script there is not our reader.
    if content.startswith(b"%PDF-"):
        return PDF
    raise UploadRefused("type")


# --- in the child ----------------------------------------------------------------------------------------------------


def _look(kind: str, content: bytes) -> str:
    """The code of a refusal, or nothing."""
    try:
        return _look_into_pdf(content) if kind == PDF else _look_at_picture(kind, content)
    except (MemoryError, RecursionError):
        return "bomb"
    except Exception:  # whatever a reader stumbles over
        return "broken"


def _look_at_picture(kind: str, content: bytes) -> str:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # Pillow raises at twice of it
    try:
        with Image.open(io.BytesIO(content), formats=[kind.upper()]) as picture:
            picture.load()
    except Image.DecompressionBombError:
        return "bomb"
    return ""


def _look_into_pdf(content: bytes) -> str:
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        return "locked"
    if not len(reader.pages):
        return "broken"
    codes = {code for found in _objects(reader) for code in _acts(found)}
    return next((code for code in _TELLING if code in codes), "")


def _objects(reader: Any) -> Iterator[Any]:
    """Every object that the file holds, reachable or not."""
    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise MemoryError
    yield reader.trailer
    for number, generation in sorted(numbers):
        yield IndirectObject(number, generation, reader).get_object()


def _acts(found: Any) -> Iterator[str]:
    """What this object does, looking into what it holds directly; what it refers to is looked at by itself."""
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
    """Whether all that happens without a click is the move to another page of this document."""
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


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    content = sys.stdin.buffer.read()
    json.dump({"refused": _look(sys.argv[1], content)}, sys.stdout)


if __name__ == "__main__":
    main()
