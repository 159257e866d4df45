"""Gunicorn's own lines in the form of all others. Gunicorn finds this file by itself; the rest is in the Procfile."""

from portal import configuration, logs

logconfig_dict = logs.configuration(level=configuration.text("LOG_LEVEL"), form=configuration.text("LOG_FORMAT"))
logconfig_dict["loggers"]["gunicorn.error"] = {"propagate": True}
