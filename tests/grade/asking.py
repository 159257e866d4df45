"""Ask the server for every stop, as each person and in each language, over HTTPS and without a browser."""

import re
import ssl
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.grade.run import Answer, Run, Stop

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
TAGS = {"fr": "fr-FR,fr", "en-gb": "en-GB,en", "de": "de-DE,de"}
_here = threading.local()


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def ask(run: Run, stops: Iterable[Stop], language: str) -> list[Answer]:
    """Return the answers in the order of the stops. A redirect is followed on this server."""
    run.speak(language)
    by_person: dict[str, list[Stop]] = {}
    for stop in stops:
        by_person.setdefault(stop.person, []).append(stop)
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda item: _of_person(run, item[0], item[1], language), by_person.items())
        return [answer for answers in found for answer in answers]


def _of_person(run: Run, person: str, stops: list[Stop], language: str) -> list[Answer]:
    session = run.sign_in(person)
    headers = {"Accept-Language": TAGS[language], "Accept": "text/html,*/*", "User-Agent": "make grade"}
    with httpx.Client(verify=trusting(run.certificate), base_url=run.url, headers=headers, timeout=60) as client:
        if session:
            name, _, value = session.partition("=")
            client.cookies.set(name, value, domain="localhost.local")
        return [_one(client, stop, language) for stop in stops]


def _one(client: httpx.Client, stop: Stop, language: str) -> Answer:
    response = client.get(stop.path, follow_redirects=True)
    if stop.form is not None:
        token = TOKEN.search(response.text)
        data = {"csrfmiddlewaretoken": token[1] if token else "", **dict(stop.form)}
        response = client.post(stop.path, data=data, headers={"Referer": str(response.url)}, follow_redirects=True)
    text = response.text if response.headers.get("content-type", "").startswith("text/") else ""
    headers = [pair for one in (*response.history, response) for pair in _cookies(one)]
    headers += [pair for pair in response.headers.multi_items() if pair[0].lower() != "set-cookie"]
    return Answer(stop, language, response.status_code, str(response.url.copy_with(fragment=None)), headers, text)


def _cookies(response: httpx.Response) -> list[tuple[str, str]]:
    return [("set-cookie", value) for value in response.headers.get_list("set-cookie")]
