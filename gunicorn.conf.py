"""Gunicorn's own lines in the form of all others. Gunicorn finds this file by itself; the rest is in the Procfile."""

import os
import shutil
import tempfile
from typing import Any

from portal import configuration, logs

# Before any process imports prometheus_client: there each counts in a file, and /metrics adds them up.
_counters = tempfile.mkdtemp(prefix="portal-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counters


def on_exit(server: Any) -> None:
    shutil.rmtree(_counters, ignore_errors=True)


logconfig_dict = logs.configuration(
    level=configuration.text("LOG_LEVEL"), form=configuration.text("LOG_FORMAT"), build=configuration.build()
)
logconfig_dict["loggers"]["gunicorn.error"] = {"propagate": True}
