"""axe-core: every rule of WCAG 2.2 A and AA and its best practices, on every page in every state, language, width and
colour scheme.
"""

import re

from tests.grade.run import Grader, Result, Run, grouped

# By tag, because axe leaves some rules of level AA off unless they are asked for (target-size). Not asked for: its
# drafts, and level AAA, whose contrast of 7:1 is more than our colours are to have (4.5:1).
TAGS = (
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "section508", "TTv5", "EN-301-549", "ACT",
    "RGAAv4",
)  # fmt: skip
# It would preload style sheets into a document of its own, which the page's policy blocks and the console tells.
OPTIONS = {
    "resultTypes": ["violations", "incomplete"], "preload": False,
    "runOnly": {"type": "tag", "values": TAGS}, "rules": {
        "color-contrast-enhanced": {"enabled": False}, "identical-links-same-purpose": {"enabled": False},
    },
}  # fmt: skip
# What axe could not judge, and we did: rule, what its message or element says, why it is right.
JUDGED: tuple[tuple[str, str, str], ...] = (
    (
        "color-contrast",
        r"<select[^>]* multiple",
        "A list box of the admin: its rows are elements of their own, which move within it.",
    ),
    (
        "color-contrast",
        r'id="id_note',
        "The buttons of a decision stay in view over the form that they end; scrolled, nothing lies over its fields.",
    ),
    (
        "color-contrast",
        r'overlapped by another element <a href="\?">',
        "The chosen filter of a list of the admin: nothing lies over the link (document.elementsFromPoint).",
    ),
    (
        "color-contrast",
        r"years-text",
        "A year in a drawing: --ink-soft on --paper-raised, whose contrast tests/portal/test_contrast.py computes.",
    ),
    (
        "frame-tested",
        r"mail-frame",
        "A mail as its reader sees it, in a frame where no script runs; tests/test_mails.py reads its HTML.",
    ),
    (
        "th-has-data-cells",
        r'class="table compare"',
        "The heading of a group of rows (scope=rowgroup): its cells are those of the rows below it.",
    ),
    (
        "th-has-data-cells",
        r'id="result_list"',
        "A list of the admin with one column: each of its rows is a heading, which is a link.",
    ),
)

NOT_LOOKED_AT = "browser: "  # a page on which a step failed has no result of axe, which is not the result "none"


def is_judged(rule: str, element: str) -> bool:
    return any(rule == known and re.search(pattern, element) for known, pattern, _why in JUDGED)


def grade(run: Run) -> Result:
    found, open_ = [], []
    for visit in run.visits:
        found += [(line, str(visit)) for line in visit.console if line.startswith(NOT_LOOKED_AT)]
        for violation in visit.violations:
            for node in violation["nodes"]:
                found.append((f"{violation['id']} ({violation['impact']}): {node['target']}", str(visit)))
        for violation in visit.unjudged:
            for node in violation["nodes"]:
                if not is_judged(violation["id"], f"{node['why']} {node['html']}"):
                    open_.append((f"unjudged {violation['id']}: {node['why']} {node['target']}", str(visit)))
    return Result(
        reached=f"{len(found)} of any impact, {len(open_)} unjudged",
        findings=grouped([*found, *open_]),
        is_met=not found and not open_,
        looked_at=f"{len(run.visits)} visits of {len({v.stop for v in run.visits})} pages",
    )


GRADER = Grader(
    "axe",
    "0 of any impact, 0 unjudged",
    "axe-core 4.14.1, WCAG 2.2 A and AA, best practices",
    grade,
    frozenset({"visits"}),
)
