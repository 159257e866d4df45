import os

from portal.settings import *  # noqa: F403
from portal.settings import CELERY_BROKER_TRANSPORT_OPTIONS, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.fault_injection.apps.SabotageConfig"]
if "FAULTS_VISIBILITY" in os.environ:
    CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = float(os.environ["FAULTS_VISIBILITY"])
