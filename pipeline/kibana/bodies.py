"""From dashboards.toml to the bodies of Kibana's HTTP API (9.5 and newer), for any index prefix.

The same file and prefix always give the same bodies and ids, so that sending them again replaces
what is there.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

Body = dict[str, Any]

COLUMNS = 48  # of Kibana's grid
CONNECTOR_TYPE = ".server-log"  # one of the two that the free licence has
RULE_TYPE, CONSUMER, FIRED = ".es-query", "stackAlerts", "query matched"
_HITS = 10  # that a rule hands on


@dataclass(frozen=True, slots=True)
class Bodies:
    """What is sent, each by its id."""

    data_views: Mapping[str, Body]
    dashboards: Mapping[str, Body]
    connectors: Mapping[str, Body]
    rules: Mapping[str, Body]


def bodies(prefix: str = "truceline") -> Bodies:
    """Return everything for the indices whose names begin with `prefix`."""
    plan = _plan()
    connector = _uuid(prefix, "log")
    return Bodies(
        data_views={
            f"{prefix}-{index}": _data_view(prefix, index, about)
            for index, about in plan["indices"].items()
        },
        dashboards={
            f"{prefix}-{one['id']}": _dashboard(prefix, one, plan["indices"])
            for one in plan["dashboard"]
        },
        connectors={connector: _connector()},
        rules={
            _uuid(prefix, one["id"]): _rule(prefix, one, plan["indices"], connector)
            for one in plan["rule"]
        },
    )


@cache
def _plan() -> Body:
    return tomllib.loads((files(__package__) / "dashboards.toml").read_text("utf-8"))


def _uuid(prefix: str, name: str) -> str:
    """Return a stable id in the form that rules and connectors must have (UUID version 4)."""
    digest = hashlib.blake2b(f"truceline {prefix} {name}".encode(), digest_size=16)
    return str(UUID(bytes=digest.digest(), version=4))


# -- data views and dashboards ----------------------------------------------------------------


def _data_view(prefix: str, index: str, about: Body) -> Body:
    alias = f"{prefix}-{index}"
    view = {
        "id": alias,
        "title": alias,
        "name": f"Truceline: {about['name']}",
        "timeFieldName": about["time"],
    }
    return {"data_view": view, "override": True}


def _dashboard(prefix: str, plan: Body, indices: Body) -> Body:
    return {
        "title": plan["title"],
        "description": plan["about"],
        "time_range": {"from": plan["from"], "to": "now"},
        "panels": [_panel(prefix, panel, indices) for panel in plan["panel"]],
    }


def _panel(prefix: str, panel: Body, indices: Body) -> Body:
    x, y, w, h = panel["grid"]
    source = _source(prefix, panel, indices)
    return {
        "id": panel["id"],
        "type": "vis",
        "grid": {"x": x, "y": y, "w": w, "h": h},
        "config": _common(panel) | _chart(panel, source),
    }


def _common(panel: Body) -> Body:
    query = {"query": {"expression": panel["where"]}} if "where" in panel else {}
    return {"title": panel["title"], **query}


def _source(prefix: str, panel: Body, indices: Body) -> Body:
    index = panel["index"]
    time = {} if panel.get("timeless") else {"time_field": indices[index]["time"]}
    return {"type": "data_view_spec", "index_pattern": f"{prefix}-{index}", **time}


def _chart(panel: Body, source: Body) -> Body:
    shown = [_measure(one) for one in panel["show"]]
    match panel["type"]:
        case "metric":
            return {
                "type": "metric",
                "data_source": source,
                "metrics": [{"type": "primary", **shown[0]}],
            }
        case "data_table":
            rows = [_bucket(row) for row in panel["rows"]]
            return {"type": "data_table", "data_source": source, "rows": rows, "metrics": shown}
        case "heatmap":
            axes = {"x": _bucket(panel["x"]), "y": _bucket(panel["rows"][0])}
            return {"type": "heatmap", "data_source": source, **axes, "metric": shown[0]}
        case kind:
            return {"type": "xy", "layers": [_layer(kind, panel, source, shown)]}


def _layer(kind: str, panel: Body, source: Body, shown: list[Body]) -> Body:
    split = {"breakdown_by": _bucket(panel["by"])} if "by" in panel else {}
    return {
        "type": kind,
        "data_source": source,
        "x": _bucket(panel["x"]),
        **split,
        "y": shown,
    }


def _bucket(split: Body) -> Body:
    if "time" in split:
        return {
            "operation": "date_histogram",
            "field": split["time"],
            "suggested_interval": split["every"],
        }
    by_name = {"type": "alphabetical", "direction": split.get("by_name")}
    ranked = {"rank_by": by_name} if "by_name" in split else {}
    return {"operation": "terms", "fields": [split["terms"]], "limit": split["limit"], **ranked}


def _measure(shown: Body) -> Body:
    if "count" in shown:
        return {"operation": "count", "label": shown["count"]}
    operation = next(name for name in shown if name not in ("label", "of"))
    made = {"operation": operation, "field": shown[operation], "label": shown["label"]}
    return made | ({"percentile": shown["of"]} if "of" in shown else {})


# -- rules --------------------------------------------------------------------------------------


def _connector() -> Body:
    return {
        "name": "Truceline: Kibana's log",
        "connector_type_id": CONNECTOR_TYPE,
        "config": {},
        "secrets": {},
    }


def _rule(prefix: str, plan: Body, indices: Body, connector: str) -> Body:
    return {
        "name": plan["name"],
        "tags": ["truceline"],
        "rule_type_id": RULE_TYPE,
        "consumer": CONSUMER,
        "schedule": {"interval": plan["every"]},
        "params": _condition(prefix, plan, indices),
        "actions": [_action(plan, connector)],
    }


def _condition(prefix: str, plan: Body, indices: Body) -> Body:
    window = plan["window"]
    below = "less_than" in plan
    return {
        "searchType": "esQuery",
        "index": [f"{prefix}-{plan['index']}"],
        "timeField": indices[plan["index"]]["time"],
        "esQuery": json.dumps({"query": plan["where"]}),
        "size": _HITS,
        "timeWindowSize": int(window[:-1]),
        "timeWindowUnit": window[-1],
        "thresholdComparator": "<" if below else ">",
        "threshold": [plan["less_than"] if below else plan["more_than"]],
    }


def _action(plan: Body, connector: str) -> Body:
    return {
        "group": FIRED,
        "id": connector,
        "params": {
            "level": plan.get("level", "info"),
            "message": f"{plan['name']}: {plan['says']}",
        },
        "frequency": {"summary": False, "notify_when": "onActiveAlert", "throttle": None},
    }


__all__ = ["COLUMNS", "Bodies", "bodies"]
