"""What a program loaded at its start is out of the garbage collector's sight once it works."""

import gc
import importlib
from collections.abc import Callable

import pytest
from celery.signals import worker_process_init
from django.core.management import call_command

import portal.celery
import portal.wsgi
from portal import memory


def taking() -> list[Callable[[], object]]:
    """Return who is told when a process of a Celery worker begins. The others close the connections of this one."""
    return list(worker_process_init._live_receivers(None))


PROGRAMS: dict[str, Callable[[], object]] = {
    "web": lambda: importlib.reload(portal.wsgi),
    "celery": lambda: [take() for take in taking() if take.__module__ == "portal.celery"],
    "loop": lambda: call_command("work", once=True),
}


# The loop closes a connection that is old.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_leaves_what_it_loaded_alone(program: str) -> None:
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)

    PROGRAMS[program]()

    assert gc.get_freeze_count() > 100_000
    assert gc.get_threshold() == (memory.YOUNG, memory.MIDDLE, memory.OLD)
