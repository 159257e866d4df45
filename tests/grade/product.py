"""The portal as production runs it: the Procfile's own gunicorn, behind TLS on loopback, on servers of its own."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from honcho.environ import parse_procfile

from portal import servers

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".run" / "grade"
# Signs sessions of a database that is deleted when the run ends.
SECRETS = {"SECRET_KEY": "only-for-a-run-of-make-grade-0123456789-abcdefghijklmnopqrstuvwxyz"}


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return the files of a new self-signed certificate for localhost, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption_algorithm=plain)
    )
    return files


def production(port: int, *, database: str, redis: str, folder: Path) -> dict[str, str]:
    """Return the environment of a production server on this machine: no sandbox, no other company's system."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {
        **kept,
        **SECRETS,
        "SECRETS_KEYS": os.environ["SECRETS_KEYS"],
        "PORTAL_ENV": "production",
        "ALLOWED_HOSTS": "localhost",
        "SITE_URL": f"https://localhost:{port}",
        "PORT": str(port),
        "WEB_WORKERS": "2",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "DOCUMENTS_ROOT": str(folder / "documents"),
        "STATIC_ROOT": str(folder / "static"),
        "PRIVACY_CONTROLLER": "Ingram Micro, 1 rue des Essais, 59000 Lille",
        "PRIVACY_CONTACT": "privacy@ingram.example",
        "SECURITY_CONTACT": "mailto:security@ingram.example",
        "RECHERCHE_ENTREPRISES_URL": "",
        "VIES_URL": "",
        "GLEIF_URL": "",
        "LOG_LEVEL": "WARNING",
    }


@contextmanager
def serve(command: str, *, port: int, environment: dict[str, str], log: Path, tls: tuple[Path, Path]) -> Iterator[str]:
    """Yield the address of a gunicorn that this command starts, with TLS."""
    with_tls = f"exec {command} --certfile {tls[0]} --keyfile {tls[1]} --timeout 120"
    with log.open("ab") as out:
        process = subprocess.Popen(
            with_tls, shell=True, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        servers.wait_for_port(port, seconds=60)
        yield f"https://localhost:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def portal(
    *,
    database: str,
    redis: str,
    folder: Path,
    tls: tuple[Path, Path],
    missing: str,
    port: int = 0,
    log: str = "web",
) -> Iterator[str]:
    port = port or servers.free_port()
    command = parse_procfile((ROOT / "Procfile").read_text()).processes["web"]
    # What a deployment must have and a test lacks: a scanner, a relay, the real links.
    environment = production(port, database=database, redis=redis, folder=folder) | {"MAY_BE_MISSING": missing}
    with serve(command, port=port, environment=environment, log=folder / f"{log}.log", tls=tls) as url:
        yield url
