"""Every cookie that was set: its prefix and attributes, and whether the page about cookies names it."""

from collections.abc import Iterable

from tests.grade.run import Grader, Result, Run, grouped


def faults(header: str, known: Iterable[str]) -> list[str]:
    """Return what is wrong with one Set-Cookie header. The prefix ``__Host-`` demands Secure, Path=/ and no Domain."""
    pair, *rest = [part.strip() for part in header.split(";")]
    name, _, value = pair.partition("=")
    attributes = {part.partition("=")[0].lower(): part.partition("=")[2] for part in rest}
    wrong = []
    if not name.startswith("__Host-"):
        wrong.append("no __Host- prefix")
    if "secure" not in attributes:
        wrong.append("no Secure")
    if "httponly" not in attributes:
        wrong.append("no HttpOnly")
    if attributes.get("samesite", "").lower() not in ("lax", "strict"):
        wrong.append("no SameSite")
    if attributes.get("path") != "/" or "domain" in attributes:
        wrong.append("for more or less than this host")
    if name not in known:
        wrong.append("not on the page about cookies")
    return [f"{name}: {each}" for each in wrong] if value.strip('"') else []


def grade(run: Run) -> Result:
    page = next((answer.text for answer in run.answers if answer.stop.name == "cookies"), "")
    found, names = [], set()
    for answer in run.answers:
        for header in answer.all("set-cookie"):
            name = header.partition("=")[0].strip()
            names.add(name)
            known = [name] if name in page else []
            found += [(fault, str(answer.stop)) for fault in faults(header, known)]
    return Result(
        reached=f"{len(found)} faults in {len(names)} cookies",
        findings=grouped(found),
        is_met=not found and bool(page),
        looked_at=f"{len(run.answers)} answers: {', '.join(sorted(names))}",
    )


GRADER = Grader("Cookies", "0 faults", "Set-Cookie of every answer", grade, frozenset({"answers"}))
