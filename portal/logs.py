"""Log lines as JSON objects with the ids of the work in progress, without personal data.

``LOG_FORMAT`` is "json" (production) or "text" (the demo, for people).
"""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# The part before the @ is personal; the domain helps to find what failed.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?=[\w-]+\.)")
# A long part of a path with a digit or a capital, and no UUID, is a token: with it one may do what its mail's reader
# may. A path may stand in a parameter of another one ("?next=%2Ftask%2F…").
_UUID = r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w:.-])"
_TOKEN = re.compile(rf"(?:(?<=/)|(?<=%2[Ff]))(?!{_UUID})(?=[\w:.-]*[\dA-Z])[\w:.-]{{20,}}(?=[/?%&\s\"']|$)")
# What follows a name of a secret in an address or a form.
_NAMED = re.compile(r"(?i)\b(token|code|key|signature|password|secret)=[^&\s\"']+")
# What PostgreSQL tells of the row that it refused: all its values, or those of the key that was there already.
_ROW = re.compile(r"(?s)(Failing row contains )\(.*?\)(?=\.?\s*(?:\n|$))")
_KEY = re.compile(
    r"(?s)(Key \([^)]*\)=)\(.*?\)(?= (?:already exists|is still referenced|is not present|conflicts with))"
)


def without_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Return the event without the personal part of mail addresses and without tokens, in messages and tracebacks."""
    return {name: masked(value) if isinstance(value, str) else value for name, value in event.items()}


def masked(text: str) -> str:
    text = _KEY.sub(r"\1(…)", _ROW.sub(r"\1(…)", text))
    return _NAMED.sub(r"\1=…", _TOKEN.sub("…", _ADDRESS.sub("…@", text)))


def _with(build: Mapping[str, str]) -> Processor:
    known = {name: value for name, value in build.items() if value}
    return lambda logger, method, event: {**event, **known}


def configuration(*, level: str, form: str, build: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the settings for ``logging.config.dictConfig``; they apply to the loggers of all libraries.

    Each JSON object has what ``build`` knows of the release, so that lines of two releases can be told apart.
    """
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[Any] = (
        [
            structlog.processors.format_exc_info,
            without_secrets,
            _with(build or {}),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if form == "json"
        # Without the values of local variables, which may be personal data.
        else [
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "out": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
            }
        },
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "out"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": {"httpx": {"level": "WARNING"}},  # it would log every address it opens
    }
