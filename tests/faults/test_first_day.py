"""The README's first day, natively: its commands in its order, from an empty database to the first BDM."""

import os
import re
import secrets
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet
from honcho.environ import parse_procfile

from portal import servers
from tests.grade import product

pytestmark = [pytest.mark.faults, pytest.mark.long]
README = (product.ROOT / "portal/README.md").read_text()
FIRST_DAY = README[README.index("\n## First day\n") :].partition("\n## ")[2].partition("\n## ")[0]
# Without compose: what a reader types, in the order in which it stands.
COMMANDS = re.findall(r"`manage\.py ([^`]+)`", FIRST_DAY[FIRST_DAY.index("\n2. ") :])
BDMS = "email,name,language,countries,lead,phone\nbea@ingram.example,Bea Exemple,fr,FR BE,no,\n"
STAFF = "email,name,language,roles\nolga@ingram.example,Olga Exemple,de,operator editor\n"


def test_readme_leads_from_an_empty_server_to_the_first_bdm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS_KEYS", Fernet.generate_key().decode())
    port, tls = servers.free_port(), product.certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=tls[0])
    (tmp_path / "bdms.csv").write_text(BDMS)
    (tmp_path / "staff.csv").write_text(STAFF)
    with servers.postgres(tmp_path / "pg") as database, servers.redis(tmp_path / "redis") as redis:
        environment = product.production(port, database=database, redis=redis, folder=tmp_path)
        environment |= {"SECRET_KEY": secrets.token_urlsafe(50)}

        said = {command: _manage(command, environment, tmp_path) for command in dict.fromkeys(COMMANDS)}

        assert len(said) <= 15
        web = parse_procfile((product.ROOT / "Procfile").read_text()).processes["web"]
        refused = _refusal(web, environment)
        missing = re.search(r"set MAY_BE_MISSING=([a-z0-9,-]+)", refused)
        assert missing, refused
        environment |= {"MAY_BE_MISSING": missing[1]}
        with (
            product.serve(web, port=port, environment=environment, log=tmp_path / "web.log", tls=tls) as url,
            httpx.Client(base_url=url, verify=trusted, trust_env=False, follow_redirects=True) as client,
        ):
            assert client.get("/livez").status_code == 200
            home = client.get("/")
            assert home.status_code == 200
            for style in re.findall(r'href="(/static/[^"]+)"', home.text):
                assert client.get(style).status_code == 200
            [link] = re.findall(rf"{url}/\S+", said["first_administrator you@example.com"])
            page = client.get(link)
            assert page.status_code == 200 and 'type="password"' in page.text
    assert said["load_bdms bdms.csv"].startswith("1 added")
    assert said["load_staff staff.csv"].startswith("1 added")


def _manage(command: str, environment: dict[str, str], folder: Path) -> str:
    arguments = [str(folder / word) if word.endswith(".csv") else word for word in command.split()]
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=product.ROOT, env=environment, capture_output=True, text=True
    )
    # The check is to name what is left until the last line of the day.
    assert done.returncode == 0 or command.startswith("check "), f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _refusal(web: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-c", web], cwd=product.ROOT, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode != 0
    return done.stdout + done.stderr
