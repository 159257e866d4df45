"""What a first visit costs: bytes on the wire with headers, requests, and hosts that are not ours."""

from urllib.parse import urlsplit

from tests.grade.run import Grader, Result, Run, Visit, grouped

MOST_BYTES, MOST_REQUESTS = 50_000, 6


def fetched(visit: Visit) -> list[tuple[str, float]]:
    """Return what came over the wire; a ``data:`` image is part of the style sheet that has it."""
    return [(url, size) for url, size in visit.requests if not url.startswith(("data:", "blob:"))]


def grade_weight(run: Run) -> Result:
    found, most, many = [], (0.0, ""), (0, "")
    for visit in run.visits:
        sent = fetched(visit)
        size = sum(size for _url, size in sent)
        most, many = max(most, (size, str(visit))), max(many, (len(sent), str(visit)))
        if size > MOST_BYTES:
            found.append(
                (
                    f"more than {MOST_BYTES // 1000} kB: {visit.stop.name or visit.stop.path}",
                    f"{visit} {size / 1000:.1f} kB",
                )
            )
        if len(sent) > MOST_REQUESTS:
            found.append(
                (f"more than {MOST_REQUESTS} requests: {visit.stop.name or visit.stop.path}", f"{visit}: {len(sent)}")
            )
    return Result(
        reached=f"at most {most[0] / 1000:.1f} kB, {many[0]} requests",
        findings=grouped(found),
        is_met=not found,
        looked_at=f"{len(run.visits)} first visits; the heaviest: {most[1]}",
    )


def grade_third_parties(run: Run) -> Result:
    own = urlsplit(run.url).netloc
    found = [
        (urlsplit(url).netloc, str(visit)) for visit in run.visits for url, _size in fetched(visit)
        if url and urlsplit(url).netloc != own
    ]  # fmt: skip
    return Result(f"{len(found)} requests", grouped(found), not found, f"{len(run.visits)} visits")


WEIGHT = Grader(
    "Weight of a page", "at most 50 kB, 6 requests", "Chromium, empty cache", grade_weight, frozenset({"visits"})
)
THIRD = Grader("Third parties", "none", "Chromium, every request", grade_third_parties, frozenset({"visits"}))
