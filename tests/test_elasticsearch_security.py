"""Who we are to a cluster and whom we believe: over TLS, from the environment, never shown."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, StoreError
from pipeline.stores.elasticsearch import ElasticsearchStore
from pipeline.stores.elasticsearch.address import parse
from pipeline.stores.elasticsearch.cluster import Cluster
from tests.certificates import loopback
from tests.moody import Moody

FINE = (200, {"count": 7})
STRANGER = (401, {"error": {"type": "security_exception", "reason": "missing credentials"}})


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Moody]:
    """A node over TLS whose authority nobody knows yet; its file is ca.pem."""
    _, context = loopback(tmp_path)
    server = Moody(FINE, tls=context)
    yield server
    server.close()


@pytest.fixture
def asked(node: Moody) -> Callable[..., int]:
    def ask(user: str = "", **environ: str) -> int:
        address = parse(f"https://{user}{node.place}", environ=environ)
        with closing(Cluster(address, patience_s=5, pause=node.waits.append)) as cluster:
            return int(cluster.ask(lambda client: client.count(index="x"))["count"])

    return ask


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def test_an_authority_of_ones_own_is_believed(
    node: Moody, asked: Callable[..., int], tmp_path: Path
) -> None:
    assert asked(TRUCELINE_CA_FILE=str(tmp_path / "ca.pem")) == 7
    assert node.credentials == [""]


def test_an_unknown_authority_is_told_at_once(node: Moody, asked: Callable[..., int]) -> None:
    with pytest.raises(StoreError, match="TRUCELINE_CA_FILE") as caught:
        asked()
    assert not caught.value.retryable
    assert node.asked == []
    assert node.waits == []


@pytest.mark.parametrize(
    ("user", "environ", "sent"),
    [
        ("ann:s%40@", {}, basic("ann:s@")),
        ("ann@", {"TRUCELINE_STORE_PASSWORD": "deep"}, basic("ann:deep")),
        (
            "",
            {"TRUCELINE_STORE_USER": "ann", "TRUCELINE_STORE_PASSWORD": "deep"},
            basic("ann:deep"),
        ),
        ("", {"TRUCELINE_STORE_API_KEY": "a2V5"}, "ApiKey a2V5"),
    ],
)
def test_credentials_come_from_the_url_or_the_environment(
    node: Moody,
    asked: Callable[..., int],
    tmp_path: Path,
    user: str,
    environ: dict[str, str],
    sent: str,
) -> None:
    asked(user, TRUCELINE_CA_FILE=str(tmp_path / "ca.pem"), **environ)
    assert node.credentials == [sent]


@pytest.mark.parametrize(
    ("user", "environ", "said"),
    [
        (
            "ann@",
            {"TRUCELINE_STORE_API_KEY": "deep"},
            "TRUCELINE_STORE_API_KEY is set, and the URL",
        ),
        (
            "",
            {"TRUCELINE_STORE_API_KEY": "deep", "TRUCELINE_STORE_USER": "ann"},
            "TRUCELINE_STORE_USER names a user",
        ),
        ("", {"TRUCELINE_STORE_USER": "ann"}, "without TRUCELINE_STORE_PASSWORD"),
        ("", {"TRUCELINE_CA_FILE": "/no/such/deep.pem"}, "TRUCELINE_CA_FILE is"),
        ("", {"TRUCELINE_CA_FILE": __file__}, "no file of certificates"),
    ],
)
def test_a_wrong_setting_is_named(
    asked: Callable[..., int], user: str, environ: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        asked(user, **environ)
    assert "TRUCELINE_STORE_API_KEY=" not in str(caught.value)


def test_whom_the_cluster_does_not_know_is_told_what_to_set(
    node: Moody, asked: Callable[..., int], tmp_path: Path
) -> None:
    node.answers = [STRANGER]
    with pytest.raises(
        StoreError, match=r"TRUCELINE_STORE_USER .* TRUCELINE_STORE_API_KEY"
    ) as caught:
        asked("ann:deep@", TRUCELINE_CA_FILE=str(tmp_path / "ca.pem"))
    assert not caught.value.retryable
    assert "deep" not in str(caught.value)
    assert len(node.asked) == 1


def test_a_node_without_tls_is_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    server = Moody(FINE)
    with pytest.raises(StoreError, match="write http://"):
        ElasticsearchStore(f"https://ann:deep@{server.place}", patience_s=5)
    server.close()


def test_no_secret_is_logged_or_shown(
    node: Moody, asked: Callable[..., int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for environ in ({"TRUCELINE_STORE_API_KEY": "veryDeep"}, {}):
        asked(
            "" if environ else "ann:veryDeep@",
            TRUCELINE_CA_FILE=str(tmp_path / "ca.pem"),
            **environ,
        )
    assert caplog.records
    assert "veryDeep" not in caplog.text
    assert basic("ann:veryDeep") not in caplog.text
    address = parse("https://ann:veryDeep@one.test", environ={})
    assert "veryDeep" not in repr(address)
    assert "veryDeep" not in repr(
        parse("https://one.test", environ={"TRUCELINE_STORE_API_KEY": "veryDeep"})
    )
