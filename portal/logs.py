"""One JSON object a line, with the ids of what was being done, and no personal data.

``LOG_FORMAT`` is "json" (production) or "text" (the demo: for a person's eyes).
"""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# Whoever stands before the @ is nobody's business; the domain helps to find what failed.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?=[\w-]+\.)")


def without_addresses(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Cut the person out of every mail address, wherever a message or a traceback carried one."""
    return {name: _ADDRESS.sub("…@", value) if isinstance(value, str) else value for name, value in event.items()}


def configuration(*, level: str, form: str) -> dict[str, Any]:
    """For ``logging.config.dictConfig``: every logger of every library ends here."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown = (
        [structlog.processors.format_exc_info, without_addresses, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if form == "json"
        # Without the values of local variables: they may be anybody's.
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
        "loggers": {"httpx": {"level": "WARNING"}},  # it would write every address it opens
    }
