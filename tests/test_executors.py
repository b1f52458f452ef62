"""The values for Airflow on several machines name options that the installed Airflow has."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

VALUES = sorted((Path(__file__).parents[1] / "docker" / "airflow").glob("*.yaml"))
SECRETS = ("password", "token", "key:")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def test_there_is_a_file_for_each_executor() -> None:
    assert {read(path)["executor"] for path in VALUES} == {"CeleryExecutor", "KubernetesExecutor"}


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_every_option_is_one_of_airflows(path: Path) -> None:
    # Read, not imported: whoever imports Airflow settles its home for the whole process.
    airflow = find_spec("airflow")
    assert airflow is not None
    assert airflow.origin is not None
    known = read(Path(airflow.origin).parent / "config_templates" / "config.yml")
    for section, options in read(path)["config"].items():
        assert set(options) <= set(known[section]["options"]), section


@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_the_configuration_is_where_the_tasks_look_and_nothing_is_secret(path: Path) -> None:
    values = read(path)
    (mount,) = values["workers"]["extraVolumeMounts"]
    assert {one["name"]: one["value"] for one in values["env"]} == {
        "TRUCELINE_CONFIG": mount["mountPath"]
    }
    assert mount["name"] in {one["name"] for one in values["workers"]["extraVolumes"]}
    assert not any(word in path.read_text("utf-8").lower() for word in SECRETS)
