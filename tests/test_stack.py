"""The container stack, without a container engine: schema, graph, secrets, limits, scripts.

None of this proves that it starts; docs/stack.md says so.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import stat
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from pipeline.cli import cli
from pipeline.kibana.install import OLDEST

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
DATA = Path(__file__).parent / "data" / "compose"
PROFILES = ("core", "full")
REFERENCE = re.compile(r"(?<!\$)\$\{(\w+)([^}]*)\}")
MEBIBYTES = {"m": 1, "g": 1024}

Service = dict[str, Any]


@cache
def stack() -> dict[str, Any]:
    found = yaml.safe_load(COMPOSE.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def services(profile: str | None = None) -> dict[str, Service]:
    every: dict[str, Service] = stack()["services"]
    return {name: one for name, one in every.items() if not profile or profile in one["profiles"]}


SERVICES = [pytest.param(name, one, id=name) for name, one in services().items()]
LASTING = [
    pytest.param(name, one, id=name)
    for name, one in services().items()
    if one["restart"] == "unless-stopped"
]


def waits_for(service: Service) -> dict[str, str]:
    return {name: one["condition"] for name, one in service.get("depends_on", {}).items()}


# -- the file --------------------------------------------------------------------------------


def specification() -> jsonschema.Draft7Validator:
    schema = json.loads((DATA / "compose-spec.json").read_text("utf-8"))
    return jsonschema.Draft7Validator(schema)


def test_it_is_a_compose_file_by_the_specifications_schema() -> None:
    specification().validate(stack())


def test_the_schema_refuses_a_mistyped_key() -> None:
    with pytest.raises(jsonschema.ValidationError, match="mem_limitt"):
        specification().validate({"services": {"one": {"mem_limitt": "1g"}}})


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_every_image_is_pinned(name: str, service: Service) -> None:
    tag = resolved(service["image"]).rpartition(":")[2]
    assert re.fullmatch(r"\d+(\.\d+)+", tag), service["image"]


def test_elasticsearch_and_kibana_are_new_enough_and_alike() -> None:
    tags = {
        resolved(services()[name]["image"]).rpartition(":")[2]
        for name in ("elasticsearch", "kibana", "certificates", "accounts")
    }
    [tag] = tags
    assert tuple(map(int, tag.split(".")[:2])) >= OLDEST


def test_every_volume_and_network_in_use_is_declared_and_used() -> None:
    volumes, networks = set(), set()
    for service in services().values():
        sources = [volume.partition(":")[0] for volume in service.get("volumes", ())]
        volumes |= {source for source in sources if not source.startswith(".")}
        networks |= set(service.get("networks", ()))
        for source in sources:
            assert not source.startswith(".") or (ROOT / source).exists(), source
    assert volumes == set(stack()["volumes"])
    assert networks == set(stack()["networks"])


# -- who waits for whom -------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_the_order_of_starting_has_no_circle_and_lacks_nobody(profile: str) -> None:
    there = services(profile)
    graph = {name: waits_for(one) for name, one in there.items()}
    assert {needed for needs in graph.values() for needed in needs} <= set(there)
    assert len(list(TopologicalSorter(graph).static_order())) == len(there)


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_what_is_waited_for_can_come(name: str, service: Service) -> None:
    for needed, condition in waits_for(service).items():
        other = services()[needed]
        if condition == "service_healthy":
            assert "healthcheck" in other, needed
            assert other["restart"] == "unless-stopped", f"{needed} ends"
        else:
            assert condition == "service_completed_successfully"
            assert other["restart"].startswith("on-failure"), f"{needed} never ends"


def test_nobody_writes_before_there_are_accounts_and_indices() -> None:
    for name in ("watch", "airflow-scheduler", "dashboards"):
        assert "store" in everything_before(name), name
        assert "accounts" in everything_before(name), name


def everything_before(name: str) -> set[str]:
    needs = set(waits_for(services()[name]))
    return needs.union(*(everything_before(one) for one in needs))


# -- each service ------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "service"), LASTING)
def test_what_stays_up_tells_whether_it_is_well(name: str, service: Service) -> None:
    check = service["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_every_service_has_limits_and_gains_no_privileges(name: str, service: Service) -> None:
    assert mebibytes(service) > 0
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert service.get("network_mode") in (None, "none")
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_no_port_is_open_beyond_this_machine(name: str, service: Service) -> None:
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:"), port


def test_only_the_maker_of_certificates_is_root_by_our_doing() -> None:
    assert [name for name, one in services().items() if str(one.get("user", "")) == "0"] == [
        "certificates"
    ]
    for file in ROOT.glob("docker/*/Dockerfile"):
        users = re.findall(r"^USER (\S+)", file.read_text("utf-8"), re.MULTILINE)
        assert users[-1] not in ("root", "0"), file


def test_truceline_writes_to_its_volumes_only() -> None:
    for name, service in services().items():
        if service["image"].startswith("truceline:"):
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name


@pytest.mark.parametrize("name", ["store", "watch", "dashboards"])
def test_what_truceline_is_told_to_do_exists(name: str) -> None:
    words = [*services()[name]["command"]]
    command: click.Command = cli
    while isinstance(command, click.Group):
        below = command.get_command(click.Context(command), words.pop(0))
        assert below is not None, name
        command = below
    command.make_context(name, words).close()


def test_airflow_has_the_options_that_are_set() -> None:
    found = importlib.util.find_spec("airflow")
    assert found is not None
    assert found.origin is not None
    known = yaml.safe_load(
        (Path(found.origin).parent / "config_templates" / "config.yml").read_text("utf-8")
    )
    for name in services()["airflow-scheduler"]["environment"]:
        if name.startswith("AIRFLOW__"):
            _, part, option = name.lower().split("__")
            assert option in known[part]["options"], name


def test_every_part_of_airflow_has_the_same_environment() -> None:
    parts = [one for name, one in services("full").items() if name.startswith("airflow-")]
    assert len(parts) == 5
    for part in parts:
        assert part["environment"].items() >= services()["airflow-scheduler"]["environment"].items()


@pytest.mark.parametrize("profile", PROFILES)
def test_the_documented_memory_is_the_sum_of_the_limits(profile: str) -> None:
    total = sum(
        mebibytes(one) for one in services(profile).values() if one["restart"] == "unless-stopped"
    )
    text = (ROOT / "docs" / "stack.md").read_text("utf-8")
    [told] = re.findall(rf"^\| `{profile}` \|.*\| ([\d.]+) GiB \|$", text, re.MULTILINE)
    assert float(told) == total / 1024


def mebibytes(service: Service) -> int:
    limit = str(service["mem_limit"])
    return int(limit[:-1]) * MEBIBYTES[limit[-1]]


# -- secrets ---------------------------------------------------------------------------------------


def resolved(text: str) -> str:
    """Fill in the defaults."""
    return REFERENCE.sub(lambda found: found[2].removeprefix(":-"), text)


def written(folder: Path) -> dict[str, str]:
    done = env_written(folder / ".env")
    assert done.returncode == 0, done.stderr
    lines = (folder / ".env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def env_written(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "docker" / "write_env.py"), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_variable_has_a_default_or_is_a_secret_that_must_be_there(tmp_path: Path) -> None:
    references = REFERENCE.findall(COMPOSE.read_text("utf-8"))
    required = {name for name, rest in references if rest.startswith(":?")}
    assert {name for name, rest in references if not rest.startswith((":?", ":-"))} == set()
    assert required == set(written(tmp_path))


def test_no_secret_stands_in_the_file() -> None:
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD$|SECRET|KEY$", name) and "certs/" not in value:
                assert value.startswith("${"), name


def test_secrets_are_long_different_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    made = written(tmp_path)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert len(set(made.values())) == len(made)
    for name, value in made.items():
        # In a URL, in JSON and in .env they stand as they are.
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}=?", value), name
        assert value.endswith("=") == (name == "AIRFLOW_FERNET_KEY")


def test_secrets_that_are_there_are_never_written_over(tmp_path: Path) -> None:
    before = written(tmp_path)
    assert written(tmp_path) == before
    (tmp_path / "old").write_text("ELASTIC_PASSWORD=mine\n", "utf-8")
    done = env_written(tmp_path / "old")
    assert done.returncode == 1
    assert "KIBANA_PASSWORD" in done.stdout
    assert "ELASTIC_PASSWORD" not in done.stdout
    assert (tmp_path / "old").read_text("utf-8") == "ELASTIC_PASSWORD=mine\n"


def test_secrets_stay_out_of_git_and_of_images() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    assert not [line for line in ignored if line.startswith("!.")]


# -- scripts, roles, images ---------------------------------------------------------------------


@pytest.mark.parametrize("script", sorted(ROOT.glob("docker/*/*.sh")), ids=lambda p: p.name)
def test_every_script_is_bash_that_stops_at_an_error(script: Path) -> None:
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "set -euo pipefail" in script.read_text("utf-8")


def roles() -> dict[str, dict[str, Any]]:
    files = sorted(ROOT.glob("docker/elastic/roles/*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def test_every_account_has_its_role_and_reaches_our_indices_only() -> None:
    script = (ROOT / "docker" / "elastic" / "accounts.sh").read_text("utf-8")
    assert sorted(re.findall(r"^user (\w+) ", script, re.MULTILINE)) == sorted(roles())
    for role in roles().values():
        assert [one["names"] for one in role["indices"]] == [["truceline-*"]]
        assert "all" not in role["cluster"]


def test_who_writes_cannot_manage_and_who_reads_cannot_write() -> None:
    def held(name: str) -> set[str]:
        [indices] = roles()[name]["indices"]
        return {*indices["privileges"]}

    assert not held("truceline_writer") & {"all", "manage", "create_index", "delete_index"}
    assert held("truceline_reader") == {"read", "view_index_metadata"}
    assert roles()["truceline_reader"]["applications"][0]["privileges"] == ["space_read"]
    assert "applications" not in roles()["truceline_writer"]


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("docker/*/Dockerfile")), ids=lambda p: p.parent.name
)
def test_an_image_is_built_of_what_is_there_with_our_constraints(file: Path) -> None:
    text = file.read_text("utf-8")
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").split() if line[0] == "!"
    }
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in [word for word in shlex.split(line)[:-1] if not word.startswith("--")]:
            assert (ROOT / source).exists(), source
            assert any(source == one or source.startswith(f"{one}/") for one in kept), source
    assert "--constraint constraints.txt" in text
    assert "pip check" in text
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert re.search(r":.*\d\.\d", image), image


def test_airflows_image_has_the_version_of_the_constraints() -> None:
    [pinned] = re.findall(
        r"^apache-airflow==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    text = (ROOT / "docker" / "airflow" / "Dockerfile").read_text("utf-8")
    assert f"FROM apache/airflow:slim-{pinned}-python3.11" in text
