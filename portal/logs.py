"""Log lines as JSON objects with the ids of the work in progress, without personal data.

``LOG_FORMAT`` is "json" (production) or "text" (the demo, for people).
"""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# The part before the @ is personal; the domain helps to find what failed.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?=[\w-]+\.)")


def without_addresses(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Return the event without the personal part of any mail address, in messages and tracebacks."""
    return {name: _ADDRESS.sub("…@", value) if isinstance(value, str) else value for name, value in event.items()}


def configuration(*, level: str, form: str) -> dict[str, Any]:
    """Return the settings for ``logging.config.dictConfig``; they apply to the loggers of all libraries."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown = (
        [structlog.processors.format_exc_info, without_addresses, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if form == "json"
        # Without the values of local variables, which may be personal data.
        else [
            structlog.processors.format_exc_info,
            without_addresses,
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
