"""Let graders look at the planted site, and say which of them see what was planted for them."""

import os
import sys
from pathlib import Path

from portal import servers
from tests.grade import asking, browsing, planted, product
from tests.grade.graders import axe
from tests.grade.run import Grader, Run


def seen(graders: list[Grader], folder: Path, tls: tuple[Path, Path]) -> dict[str, bool]:
    """Return for each grader whether its findings name its defect."""
    needs = frozenset().union(*(grader.needs for grader in graders))
    port = servers.free_port()
    here = folder / "defects"
    here.mkdir(exist_ok=True)
    program = f"{Path(sys.executable).parent / 'gunicorn'} tests.grade.planted:application --config /dev/null"
    command = f"{program} --bind 127.0.0.1:{port} --workers 1 --threads 4 --no-control-socket"
    with product.serve(command, port=port, environment=dict(os.environ), log=here / "log", tls=tls) as url:
        run = Run(
            url, tls[0], here, product.TOOLS, planted.STOPS, [], [], planted.sources(here), [], lambda _person: "",
            is_sample=True,
        )  # fmt: skip
        if needs:
            run.answers += asking.ask(run, planted.STOPS, "fr")
        if "visits" in needs:
            run.visits += browsing.browse(run, planted.STOPS, looks=[("fr", 1280, "light")], options=axe.OPTIONS)
        return {grader.name: _names(grader.grade(run).findings, planted.SEEN[grader.name]) for grader in graders}


def _names(findings: list[str], defects: tuple[str, ...]) -> bool:
    told = "\n".join(findings)
    return all(defect in told for defect in defects)
