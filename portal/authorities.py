"""The certificate authorities that outgoing connections trust: the public ones, and those of ``OUTBOUND_CA``."""

import atexit
import functools
import os
import tempfile
from pathlib import Path

import certifi


@functools.lru_cache(maxsize=1)
def together(company: str) -> str:
    """Return the path of a file with the public authorities and those of the file ``company``; '' for no such file.

    It is for libraries that take one file, and that would otherwise trust the company's authorities alone. It lasts as
    long as this process.

    Raises: OSError: ``company`` cannot be read.
    """
    if not company:
        return ""
    made, path = tempfile.mkstemp(prefix="portal-ca-", suffix=".pem")
    atexit.register(_remove, path, os.getpid())
    with open(made, "wb") as both:
        both.write(Path(certifi.where()).read_bytes() + b"\n" + Path(company).read_bytes())
    return path


def _remove(path: str, maker: int) -> None:
    # A child that was forked ends earlier, and the parent goes on reading it.
    if os.getpid() == maker:
        Path(path).unlink(missing_ok=True)
