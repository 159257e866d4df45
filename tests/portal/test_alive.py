"""Health checks of containers: exit 0 when a program works, else one sentence; and Django is not started for it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

from portal import alive
from portal.work import wakeups

SILENT = {"worker": "no worker shows a sign of life", "beat": "no beat shows a sign of life"}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("BEAT_SCHEDULE", raising=False)
    monkeypatch.delenv("WORK_STALL_SECONDS", raising=False)


def sign(program: str, folder: Path, *, age: float) -> None:
    """Leave the sign of life of a program, touched ``age`` seconds ago."""
    file = folder / {"worker": "portal-worker-1/celery", "beat": "portal-beat-schedule.alive"}[program]
    file.parent.mkdir(exist_ok=True)
    file.touch()
    os.utime(file, (time.time() - age,) * 2)


def said(program: str) -> str:
    try:
        alive.main(program)
    except SystemExit as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize("program", SILENT)
@pytest.mark.parametrize(("stall", "age", "is_well"), [("60", 120, True), ("60", 240, False), ("300", 240, True)])
def test_sign_of_life_may_be_three_times_as_old_as_a_supervisor_waits(
    program: str, stall: str, age: float, is_well: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORK_STALL_SECONDS", stall)
    sign(program, tmp_path, age=age)

    assert said(program) == ("" if is_well else SILENT[program])


@pytest.mark.parametrize("program", SILENT)
def test_program_that_never_showed_a_sign_of_life_is_silent(program: str) -> None:
    assert said(program) == SILENT[program]


def test_beat_never_sleeps_longer_than_a_supervisor_waits() -> None:
    assert settings.CELERY_BEAT_MAX_LOOP_INTERVAL <= settings.WORK_STALL_SECONDS


def test_each_tick_of_beat_is_a_sign_of_life_where_the_check_looks(tmp_path: Path) -> None:
    beat = wakeups.Ticks(current_app, schedule_filename=str(tmp_path / "portal-beat-schedule"))
    before = said("beat")
    beat.tick()
    ticked = said("beat")
    sign("beat", tmp_path, age=240)
    hung = said("beat")
    beat.tick()
    beat.close()

    assert (before, ticked, hung, said("beat")) == (SILENT["beat"], "", SILENT["beat"], "")


def test_beat_s_schedule_may_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAT_SCHEDULE", str(tmp_path / "other"))
    (tmp_path / "other.alive").touch()

    assert said("beat") == ""


def test_check_starts_no_django() -> None:
    code = (
        "import runpy, sys; runpy.run_path('portal/alive.py'); print([one for one in sys.modules if 'django' in one])"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=settings.ROOT, capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"
