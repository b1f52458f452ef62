"""Write the stack's secrets into .env, once: `make secrets`. A file that is there stays as it is.

Exits with 1 when a file that is there lacks a secret that docker-compose.yml wants.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path


def _word() -> str:
    """Return 256 bits in letters, digits, - and _: fit for URLs and JSON as they are."""
    return secrets.token_urlsafe(32)


def _fernet() -> str:
    """Return a key of the form that Airflow encrypts its connections with."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


SECRETS: dict[str, tuple[Callable[[], str], str]] = {
    "ELASTIC_PASSWORD": (_word, "the superuser elastic"),
    "KIBANA_PASSWORD": (_word, "Kibana itself"),
    "OWNER_PASSWORD": (_word, "truceline_owner, who makes the indices"),
    "WRITER_PASSWORD": (_word, "truceline_writer, the watch and the DAGs"),
    "DASHBOARDS_PASSWORD": (_word, "truceline_dashboards, who installs them"),
    "READER_PASSWORD": (_word, "truceline_reader: log in to Kibana with it"),
    "KIBANA_SESSION_KEY": (_word, "Kibana's sessions"),
    "KIBANA_OBJECTS_KEY": (_word, "Kibana's rules; losing it breaks them"),
    "KIBANA_REPORTING_KEY": (_word, "Kibana's reports"),
    "POSTGRES_PASSWORD": (_word, "Airflow's database"),
    "AIRFLOW_FERNET_KEY": (_fernet, "Airflow's connections; losing it breaks them"),
    "AIRFLOW_API_SECRET_KEY": (_word, "Airflow's sessions"),
    "AIRFLOW_JWT_SECRET": (_word, "Airflow's tokens"),
    "AIRFLOW_ADMIN_PASSWORD": (_word, "admin: log in to Airflow with it"),
}


def write(path: Path) -> int:
    """Write the secrets to `path` with mode 0600; return the exit code."""
    lines = [f"# {about}\n{name}={make()}\n" for name, (make, about) in SECRETS.items()]
    try:
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _compare(path)
    with open(made, "w", encoding="ascii") as file:
        file.write("".join(lines))
    print(f"wrote {len(SECRETS)} secrets to {path}; keep a copy in a safe place")
    return 0


def _compare(path: Path) -> int:
    there = {line.partition("=")[0].strip() for line in path.read_text("utf-8").splitlines()}
    missing = [name for name in SECRETS if name not in there]
    if missing:
        print(f"{path} is there and stays as it is, but lacks: {', '.join(missing)}")
        return 1
    print(f"{path} is there and stays as it is")
    return 0


if __name__ == "__main__":
    sys.exit(write(Path(sys.argv[1] if len(sys.argv) > 1 else ".env")))
