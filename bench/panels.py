"""Draw the panels of the dashboards from a store in a cluster, for the documentation.

    python -m bench.panels http://127.0.0.1:9200 docs/images 2031-03-01 2031-03-12

Needs matplotlib, which nothing else here does. It asks what `tests/panel_queries.py` says the
panels ask, and lays them out by their grid: what one sees is our panels' data, not Kibana.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import matplotlib as mpl
from elasticsearch import Elasticsearch
from matplotlib import dates
from matplotlib import pyplot as plt

from pipeline.kibana.bodies import COLUMNS, bodies
from tests.panel_queries import Layer, layers, search

Row = tuple[list[str], list[Any]]  # what splits it, outermost first; what is shown
LABEL = "Drawn from demo data (a fictional crisis); not a Kibana screenshot"
ROW_INCHES, WIDTH_INCHES = 0.22, 13.0
SHOWN_ROWS = 12
COLOURS = mpl.colormaps["tab20"].colors


def rows_of(client: Elasticsearch, layer: Layer, since: str, until: str) -> list[Row]:
    """Return one row for each innermost bucket."""
    answer = client.search(index=layer.index, **search(layer, since, until)).body
    whole = {"doc_count": answer["hits"]["total"]["value"], **answer.get("aggregations", {})}
    return list(_walk(whole, [], layer))


def _walk(found: dict[str, Any], path: list[str], layer: Layer) -> Any:
    if "split" in found:
        for bucket in found["split"]["buckets"]:
            key = str(bucket.get("key_as_string", bucket["key"]))
            yield from _walk(bucket, [*path, key], layer)
        return
    yield path, [_value(found, n, one) for n, one in enumerate(layer.metrics)]


def _value(found: dict[str, Any], number: int, metric: dict[str, Any]) -> Any:
    if metric["operation"] == "count":
        return found["doc_count"]
    one = found[str(number)]
    if "values" in one:
        return next(iter(one["values"].values()))
    return one.get("value_as_string", one["value"])


def short(value: Any) -> str:
    """Return a value as a cell shows it."""
    if value is None:
        return "-"
    text = str(value)
    if len(text) > 15 and text[4:5] == "-" and "T" in text:
        return text[:16].replace("T", " ")
    if isinstance(value, float):
        return f"{value:g}"
    return text.removeprefix("http://").replace("127.0.0.1:", "host:")[:34]


def draw_board(client: Elasticsearch, board: dict[str, Any], since: str, until: str) -> Any:
    """Draw one dashboard on its grid."""
    height = max(panel["grid"]["y"] + panel["grid"]["h"] for panel in board["panels"])
    tall = height * ROW_INCHES + 0.7
    figure = plt.figure(figsize=(WIDTH_INCHES, tall), dpi=80)
    figure.text(0.01, 1 - 0.25 / tall, board["title"], fontsize=13, weight="bold", va="center")
    figure.text(
        0.99, 1 - 0.25 / tall, LABEL, fontsize=9, color="firebrick", ha="right", va="center"
    )
    top = 1 - 0.5 / tall
    for panel in board["panels"]:
        g = panel["grid"]
        unit = ROW_INCHES / tall
        box = [g["x"] / COLUMNS, top - (g["y"] + g["h"]) * unit, g["w"] / COLUMNS, g["h"] * unit]
        frame = figure.add_axes((box[0] + 0.004, box[1] + 0.006, box[2] - 0.008, box[3] - 0.012))
        frame.set(xticks=[], yticks=[])
        for side in frame.spines.values():
            side.set_color("#cfd4da")
        frame.set_title(panel["config"]["title"], fontsize=9, loc="left", y=1.0, pad=-11, x=0.008)
        [layer] = layers(panel)
        draw_panel(figure, box, panel["config"], layer, rows_of(client, layer, since, until))
    return figure


def draw_panel(
    figure: Any, box: list[float], config: dict[str, Any], layer: Layer, rows: list[Row]
) -> None:
    """Draw one panel into its box."""
    x, y, w, h = box
    match config["type"]:
        case "metric":
            figure.text(
                x + w / 2, y + h * 0.42, short(rows[0][1][0]), fontsize=24, ha="center", va="center"
            )
        case "data_table":
            inner = figure.add_axes((x + 0.008, y + 0.012, w - 0.016, h * 0.84))
            draw_table(inner, layer, rows)
        case "heatmap":
            inner = figure.add_axes((x + 0.14, y + h * 0.24, w - 0.155, h * 0.62))
            draw_heatmap(inner, rows)
        case _:
            kind = config["layers"][0]["type"]
            left = 0.09 if "horizontal" in kind else 0.035
            right = 0.11 if len(layer.buckets) > 1 or len(layer.metrics) > 1 else 0.01
            inner = figure.add_axes((x + left, y + h * 0.17, w - left - right, h * 0.68))
            draw_chart(inner, kind, layer, rows)


def draw_table(axes: Any, layer: Layer, rows: list[Row]) -> None:
    axes.axis("off")
    heads = [one["fields"][0].replace("_", " ") for one in layer.buckets]
    heads += [one["label"] for one in layer.metrics]
    cells = [[short(one) for one in (*path, *values)] for path, values in rows[:SHOWN_ROWS]]
    table = axes.table(
        cells or [[""] * len(heads)], colLabels=heads, loc="upper center", cellLoc="left"
    )
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    for (row, _), cell in table.get_celld().items():
        cell.set_edgecolor("#e3e6ea")
        cell.set_text_props(weight="bold" if row == 0 else "normal")


def draw_heatmap(axes: Any, rows: list[Row]) -> None:
    # The outer split is the panel's x or its y, whichever `layers` put first: rows before columns.
    outer = list(dict.fromkeys(path[0] for path, _ in rows))
    inner = list(dict.fromkeys(path[1] for path, _ in rows))
    known = {(path[0], path[1]): values[0] for path, values in rows}
    grid = [[known.get((a, b), 0) or 0 for a in outer] for b in inner]
    axes.imshow(grid, cmap="Blues", aspect="auto")
    axes.set_xticks(
        range(len(outer)), [short(one) for one in outer], rotation=25, ha="right", fontsize=7
    )
    axes.set_yticks(range(len(inner)), [short(one) for one in inner], fontsize=7)
    for n, line in enumerate(grid):
        for m, value in enumerate(line):
            if value:
                dark = value > max(map(max, grid)) / 2
                axes.text(
                    m,
                    n,
                    short(value),
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="white" if dark else "black",
                )


def draw_chart(axes: Any, kind: str, layer: Layer, rows: list[Row]) -> None:
    timed = layer.buckets[-1]["operation"] == "date_histogram"
    split = len(layer.buckets) > 1
    along = 1 if timed and split else 0  # series are split first where the chart goes over time
    keys = list(dict.fromkeys(path[along] for path, _ in rows))
    keys = sorted(keys) if timed else keys
    if split:
        names = list(dict.fromkeys(path[1 - along] for path, _ in rows))
        table = {name: dict.fromkeys(keys, 0.0) for name in names}
        for path, values in rows:
            table[path[1 - along]][path[along]] = values[0] or 0
    else:
        table = {
            metric["label"]: {path[0]: values[n] or 0 for path, values in rows}
            for n, metric in enumerate(layer.metrics)
        }
    if kind.endswith("percentage"):
        totals = {key: sum(one[key] for one in table.values()) or 1 for key in keys}
        table = {n: {k: 100 * v / totals[k] for k, v in one.items()} for n, one in table.items()}
    _series(axes, kind, table, keys, timed=timed)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    if len(table) > 1:
        axes.legend(
            fontsize=7,
            labelspacing=0.3,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.02),
            frameon=False,
        )


def _series(
    axes: Any, kind: str, table: dict[str, dict[str, float]], keys: list[str], *, timed: bool
) -> None:
    places: list[Any] = (
        [datetime.fromisoformat(key).astimezone(UTC) for key in keys]
        if timed
        else list(range(len(keys)))
    )
    series = list(table.items())
    below = [
        [0.0] * len(keys),
        *accumulate(
            ([one[key] for key in keys] for _, one in series),
            lambda a, b: [x + y for x, y in zip(a, b, strict=True)],
        ),
    ]
    for n, (name, one) in enumerate(series):
        values, colour = [one[key] for key in keys], COLOURS[n % len(COLOURS)]
        if kind == "line":
            axes.plot(places, values, label=name, color=colour, marker="o", markersize=3)
        elif "horizontal" in kind:
            axes.barh(places, values, left=below[n], label=short(name), color=colour)
        else:
            width = 0.12 if timed else 0.8
            axes.bar(places, values, width=width, bottom=below[n], label=short(name), color=colour)
    if "horizontal" in kind:
        axes.set_yticks(places, [short(key) for key in keys], fontsize=7)
        axes.invert_yaxis()
    elif timed:
        days = dates.AutoDateLocator(maxticks=7)
        axes.xaxis.set(major_locator=days, major_formatter=dates.ConciseDateFormatter(days))
        axes.xaxis.get_offset_text().set_fontsize(7)
    else:
        axes.set_xticks(places, [short(key) for key in keys], fontsize=7)


def main(url: str, folder: Path, since: str, until: str) -> None:
    from PIL import Image

    with Elasticsearch(url) as client:
        for key, board in bodies().dashboards.items():
            figure = draw_board(client, board, since, until)
            path = folder / f"kibana-{key.removeprefix('truceline-')}.png"
            figure.savefig(path)
            plt.close(figure)
            with Image.open(path) as drawn:
                drawn.convert("RGB").quantize(160).save(path, optimize=True)
            print(path, path.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
