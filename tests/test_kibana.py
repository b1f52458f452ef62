"""Dashboards as code: what is generated, that it fits our indices, and that it can be installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from elasticsearch import Elasticsearch

from pipeline.cli import cli
from pipeline.demo.script import load_crisis
from pipeline.errors import KibanaError
from pipeline.kibana import Account, bodies, install
from pipeline.kibana.bodies import COLUMNS
from pipeline.stores import open_store
from pipeline.stores.elasticsearch.schema import template
from tests import kibana_shapes as shapes
from tests.elasticsearch_node import remove
from tests.panel_queries import Layer, clause, fields_of, layers, search
from tests.ports import free_port
from tests.webserver import Answer, Seen, WebServer
from tests.week import configured, live

ROOT = Path(__file__).parents[1]
MADE = bodies()
PANELS = [(key, panel) for key, board in MADE.dashboards.items() for panel in board["panels"]]
LAYERS = [
    pytest.param(layer, id=f"{key}/{panel['id']}")
    for key, panel in PANELS
    for layer in layers(panel)
]
DAYS = range(5)  # by then everything that is shown has happened
RULES = [pytest.param(rule, id=rule["name"]) for rule in MADE.rules.values()]
# What each operation can be asked of, by the type of the field.
NUMBERS = {"long", "double", "byte"}
FITS = {
    "terms": {"keyword", "boolean", "long"},
    "date_histogram": {"date"},
    "unique_count": {"keyword", "long"},
    "max": NUMBERS | {"date"},
    "sum": NUMBERS,
    "median": NUMBERS,
    "percentile": NUMBERS,
    "filter": {"keyword", "boolean", "date"} | NUMBERS,
}


def fields_in(index: str) -> dict[str, str]:
    """Return the type of each field that is indexed."""
    found = template(index.removeprefix("truceline-"))["mappings"]["properties"]
    return {name: about["type"] for name, about in found.items() if about.get("enabled", True)}


# -- what is generated -------------------------------------------------------------------------


def test_there_are_the_five_dashboards() -> None:
    assert list(MADE.dashboards) == [
        f"truceline-{name}"
        for name in ("overview", "who-says-what", "positions", "chains", "feeds")
    ]


def test_every_body_has_the_shape_that_kibana_takes() -> None:
    for board in MADE.dashboards.values():
        shapes.Dashboard.model_validate(board)
    for view in MADE.data_views.values():
        shapes.DataView.model_validate(view)
    for connector in MADE.connectors.values():
        shapes.Connector.model_validate(connector)
    for rule in MADE.rules.values():
        shapes.Rule.model_validate(rule)


def test_a_body_with_something_else_in_it_has_not() -> None:
    board = json.loads(json.dumps(next(iter(MADE.dashboards.values()))))
    board["panels"][0]["config"]["data_source"] = {"type": "esql", "query": "FROM x"}
    with pytest.raises(ValueError, match="data_view_spec"):
        shapes.Dashboard.model_validate(board)


def test_ids_are_unique_and_of_the_right_form() -> None:
    for board in MADE.dashboards.values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
    titles = [board["title"] for board in MADE.dashboards.values()]
    assert len(set(titles)) == len(titles)
    assert all(map(shapes.is_uuid4, [*MADE.rules, *MADE.connectors]))
    assert len({*MADE.rules, *MADE.connectors}) == len(MADE.rules) + len(MADE.connectors)


@pytest.mark.parametrize("key", MADE.dashboards)
def test_panels_fill_the_grid_without_overlap(key: str) -> None:
    cells = [
        {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        for g in (panel["grid"] for panel in MADE.dashboards[key]["panels"])
    ]
    assert all(one.isdisjoint(other) for one, other in combinations(cells, 2))
    covered = set().union(*cells)
    height = max(y for _, y in covered) + 1
    assert covered == {(x, y) for x in range(COLUMNS) for y in range(height)}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_field_of_a_panel_is_in_its_index_and_fits(layer: Layer) -> None:
    known = fields_in(layer.index)
    for name, operation in layer.fields():
        assert known.get(name) in FITS[operation], f"{name} for {operation}"


@pytest.mark.parametrize("rule", RULES)
def test_every_field_of_a_rule_is_in_its_index(rule: dict[str, Any]) -> None:
    params = rule["params"]
    [index] = params["index"]
    known = fields_in(index)
    assert known[params["timeField"]] == "date"
    query = json.loads(params["esQuery"])["query"]
    assert set(query.get("terms", ())) <= set(known)


def test_the_time_of_every_data_view_is_a_date_of_its_index() -> None:
    for view in MADE.data_views.values():
        about = view["data_view"]
        assert fields_in(about["title"])[about["timeFieldName"]] == "date"


def test_another_prefix_gives_other_indices_and_ids() -> None:
    other = bodies("watch")
    assert all(key.startswith("watch-") for key in (*other.dashboards, *other.data_views))
    assert not set(other.rules) & set(MADE.rules)
    assert "truceline-" not in json.dumps([other.dashboards, other.rules, other.data_views])


def test_nothing_needs_more_than_a_bare_node_and_a_free_licence() -> None:
    text = json.dumps([MADE.dashboards, MADE.rules])
    for word in ("esql", "script", "runtime", "formula", ".email", ".slack"):
        assert f'"{word}' not in text, word


def test_the_files_in_the_repository_are_what_the_generator_writes(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["kibana", "write", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert texts_under(tmp_path) == texts_under(ROOT / "kibana")


def texts_under(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text("utf-8") for p in folder.rglob("*.json")}


# -- KQL ---------------------------------------------------------------------------------------


def test_expressions_become_queries() -> None:
    assert clause("current: true") == {"term": {"current": "true"}}
    assert clause("not until: *") == {"bool": {"must_not": [{"exists": {"field": "until"}}]}}
    assert clause('a: (x or "y z") and n > 0') == {
        "bool": {"filter": [{"terms": {"a": ["x", "y z"]}}, {"range": {"n": {"gt": 0.0}}}]}
    }
    assert fields_of('not a: (x or "y z") and n > 0') == {"a", "n"}


def test_an_expression_that_is_not_understood_is_no_query() -> None:
    with pytest.raises(AssertionError, match="not understood"):
        clause("current: true or hedged: true")


# -- on a real node ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def week(
    elasticsearch_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str, str]]:
    """Days of the demo in a node, under the dashboards' prefix; (node, first, last moment)."""
    url, port, crisis = f"{elasticsearch_url}/truceline", free_port(), load_crisis()
    remove(url)
    config = configured(tmp_path_factory.mktemp("week"), port)
    store = replace(config.settings.store, url=url)
    config = replace(config, settings=replace(config.settings, store=store))
    with closing(open_store(url)) as opened:
        live(config, opened, port, DAYS)
    since, until = crisis.end_of(-30), crisis.end_of(8)
    yield elasticsearch_url, since.isoformat(), until.isoformat()
    remove(url)


@pytest.fixture(scope="module")
def node(week: tuple[str, str, str]) -> Iterator[Elasticsearch]:
    with Elasticsearch(week[0]) as client:
        client.indices.refresh(index="truceline-*")
        yield client


def innermost(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the innermost buckets; without a split, the answer itself."""
    if "split" not in found:
        return [found]
    return [deep for bucket in found["split"]["buckets"] for deep in innermost(bucket)]


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS)
def test_every_panel_shows_something_of_the_demo(
    layer: Layer, week: tuple[str, str, str], node: Elasticsearch
) -> None:
    _, since, until = week
    answer = node.search(index=layer.index, **search(layer, since, until))
    assert answer["_shards"]["failed"] == 0
    assert answer["hits"]["total"]["value"] > 0
    rows = innermost(answer.body.get("aggregations", {}))
    assert rows
    for number, metric in enumerate(layer.metrics):
        if metric["operation"] != "count":  # which every row has
            found = [row[str(number)] for row in rows]
            assert any(one.get("value", one.get("values")) is not None for one in found), metric


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_can_be_asked(rule: dict[str, Any], node: Elasticsearch) -> None:
    params = rule["params"]
    query = json.loads(params["esQuery"])["query"]
    answer = node.search(index=params["index"], query=query, size=params["size"])
    assert answer["_shards"]["failed"] == 0


# -- installing -----------------------------------------------------------------------------


class FakeKibana:
    """Keeps what it is sent, as Kibana's API does; `version` and `level` are what it says it is."""

    def __init__(self, web: WebServer, *, version: str = "9.5.1", level: str = "available") -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str]] = []
        status = {"version": {"number": version}, "status": {"overall": {"level": level}}}
        web.route("/api/status", body=json.dumps(status).encode())
        web.handle("/api/data_views/data_view", self.data_view)
        for key in MADE.dashboards:
            web.handle(f"/api/dashboards/{key}", self.dashboard)
        for key in MADE.connectors:
            web.handle(f"/api/actions/connector/{key}", self.created_once)
        for key in MADE.rules:
            web.handle(f"/api/alerting/rule/{key}", self.created_once)
        self.url = web.url("")

    def _take(self, seen: Seen, key: str) -> Answer:
        if seen.headers.get("kbn-xsrf") != "true":
            return Answer(
                status=400, body=b'{"message": "Request must contain a kbn-xsrf header."}'
            )
        self.kept[key] = json.loads(seen.body)
        self.log.append((seen.method, seen.path))
        return Answer(body=b"{}")

    def data_view(self, seen: Seen) -> Answer:
        body = json.loads(seen.body)
        key = f"view {body['data_view']['id']}"
        if key in self.kept and not body["override"]:
            return Answer(status=400, body=b'{"message": "Duplicate data view"}')
        return self._take(seen, key)

    def dashboard(self, seen: Seen) -> Answer:
        assert seen.method == "PUT"
        return self._take(seen, seen.path)

    def created_once(self, seen: Seen) -> Answer:
        there = seen.path in self.kept
        match seen.method:
            case "GET":
                return Answer(body=b"{}") if there else Answer(status=404, body=b"{}")
            case "POST" if there:
                return Answer(status=409, body=b'{"message": "there already"}')
            case "PUT" if "rule_type_id" in json.loads(seen.body):
                return Answer(status=400, body=b'{"message": "[rule_type_id]: not expected"}')
        return self._take(seen, seen.path)


async def test_everything_arrives(web: WebServer) -> None:
    kibana = FakeKibana(web)
    shown: list[tuple[str, str]] = []
    sent = await install(MADE, kibana.url, show=lambda what, name: shown.append((what, name)))
    assert sent == len(kibana.kept) == len(shown) == 9 + 5 + 1 + 4
    for key, board in MADE.dashboards.items():
        assert kibana.kept[f"/api/dashboards/{key}"] == board


async def test_installing_again_replaces_and_adds_nothing(web: WebServer) -> None:
    kibana = FakeKibana(web)
    await install(MADE, kibana.url)
    before = set(kibana.kept)
    kibana.log.clear()
    await install(MADE, kibana.url)
    assert set(kibana.kept) == before
    assert {method for method, path in kibana.log if "/rule/" in path} == {"PUT"}


async def test_without_rules_none_is_asked_for(web: WebServer) -> None:
    kibana = FakeKibana(web)
    await install(MADE, kibana.url, rules=False)
    assert not [one for one in web.requests if "alerting" in one.path or "actions" in one.path]


async def test_an_account_is_sent_and_never_shown(web: WebServer) -> None:
    kibana = FakeKibana(web)
    await install(MADE, kibana.url, account=Account(user="reader", password="wordpass"))
    assert {one.headers["authorization"] for one in web.requests} == {"Basic cmVhZGVyOndvcmRwYXNz"}
    assert "wordpass" not in repr(Account(user="reader", password="wordpass"))
    assert Account(api_key="abc").headers() == {"authorization": "ApiKey abc"}


@pytest.mark.parametrize(
    ("version", "level", "says"),
    [
        ("8.19.0", "available", "is Kibana 8.19.0; dashboards as code need 9.5"),
        ("9.4.2", "available", "need 9.5"),
        ("9.5.0", "unavailable", "not ready: unavailable"),
    ],
)
async def test_an_old_or_unready_kibana_is_told(
    web: WebServer, version: str, level: str, says: str
) -> None:
    kibana = FakeKibana(web, version=version, level=level)
    with pytest.raises(KibanaError, match=says):
        await install(MADE, kibana.url)
    assert not kibana.kept


@pytest.mark.parametrize(
    ("status", "says", "retryable"),
    [
        (401, "TRUCELINE_KIBANA_API_KEY", False),
        (403, "may not use /api/data_views/data_view: no", False),
        (400, "answered 400 to /api/data_views/data_view: no", False),
        (503, "answered 503", True),
    ],
)
async def test_a_refusal_names_path_and_reason(
    web: WebServer, status: int, says: str, retryable: bool
) -> None:
    kibana = FakeKibana(web)
    web.route("/api/data_views/data_view", status=status, body=b'{"message": "no"}')
    with pytest.raises(KibanaError, match=says) as caught:
        await install(MADE, kibana.url)
    assert caught.value.retryable is retryable


async def test_something_else_at_the_address_is_no_kibana(web: WebServer) -> None:
    web.route("/api/status", body=b"<html>hello</html>")
    with pytest.raises(KibanaError, match="no Kibana"):
        await install(MADE, web.url(""))


async def test_nobody_at_the_address_can_be_tried_again() -> None:
    with pytest.raises(KibanaError, match="no connection") as caught:
        await install(MADE, f"http://127.0.0.1:{free_port()}")
    assert caught.value.retryable


@pytest.mark.parametrize("url", ["kibana:5601", "ftp://kibana", "http://"])
async def test_an_address_is_http(url: str) -> None:
    with pytest.raises(KibanaError, match="write http"):
        await install(MADE, url)


async def test_a_space_is_part_of_the_path(web: WebServer) -> None:
    FakeKibana(web)
    web.handle("/s/desk/api/data_views/data_view", lambda seen: Answer(status=403))
    with pytest.raises(KibanaError):
        await install(MADE, web.url(""), space="desk")
    assert web.seen("/s/desk/api/data_views/data_view")
    with pytest.raises(KibanaError, match="space"):
        await install(MADE, web.url(""), space="../x")


def test_the_command_reads_its_secrets_from_the_environment(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kibana = FakeKibana(web)
    monkeypatch.setenv("TRUCELINE_KIBANA_API_KEY", "abc")
    done = CliRunner().invoke(cli, ["kibana", "install", "--url", kibana.url])
    assert done.exit_code == 0, done.output
    assert "installed 19 objects" in done.output
    assert web.requests[0].headers["authorization"] == "ApiKey abc"
