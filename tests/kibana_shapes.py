"""The shapes of the bodies that Kibana's API takes, of what we use of them; nothing else passes.

After the API's reference for 9.5 (dashboards, visualizations, data views, alerting, connectors).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Source(Strict):
    type: Literal["data_view_spec"]
    index_pattern: Name
    time_field: Name | None = None


class Query(Strict):
    expression: Name


class Alphabetical(Strict):
    type: Literal["alphabetical"]
    direction: Literal["asc", "desc"]


class Terms(Strict):
    operation: Literal["terms"]
    fields: Annotated[list[Name], Field(min_length=1, max_length=1)]
    limit: Annotated[int, Field(ge=1, le=1_000)]
    rank_by: Alphabetical | None = None  # else by what is shown first


class Histogram(Strict):
    operation: Literal["date_histogram"]
    field: Name
    suggested_interval: Literal["1h", "1d"]


Bucket = Annotated[Terms | Histogram, Field(discriminator="operation")]


class Count(Strict):
    operation: Literal["count"]
    label: Name


class OfField(Strict):
    operation: Literal["unique_count", "min", "max", "sum", "average", "median"]
    field: Name
    label: Name


class Percentile(Strict):
    operation: Literal["percentile"]
    field: Name
    percentile: Annotated[int, Field(ge=1, le=99)]
    label: Name


Measure = Annotated[Count | OfField | Percentile, Field(discriminator="operation")]


class PrimaryCount(Count):
    type: Literal["primary"]


class PrimaryOfField(OfField):
    type: Literal["primary"]


class Metric(Strict):
    type: Literal["metric"]
    title: Name
    query: Query | None = None
    data_source: Source
    metrics: Annotated[
        list[Annotated[PrimaryCount | PrimaryOfField, Field(discriminator="operation")]],
        Field(min_length=1, max_length=1),
    ]


class Table(Strict):
    type: Literal["data_table"]
    title: Name
    query: Query | None = None
    data_source: Source
    rows: Annotated[list[Bucket], Field(min_length=1)]
    metrics: Annotated[list[Measure], Field(min_length=1)]


class Heatmap(Strict):
    type: Literal["heatmap"]
    title: Name
    query: Query | None = None
    data_source: Source
    x: Bucket
    y: Bucket
    metric: Measure


class XyLayer(Strict):
    type: Literal[
        "area", "area_stacked", "area_percentage", "line",
        "bar", "bar_stacked", "bar_percentage",
        "bar_horizontal", "bar_horizontal_stacked", "bar_horizontal_percentage",
    ]  # fmt: skip
    data_source: Source
    x: Bucket
    breakdown_by: Bucket | None = None
    y: Annotated[list[Measure], Field(min_length=1)]


class Xy(Strict):
    type: Literal["xy"]
    title: Name
    query: Query | None = None
    layers: Annotated[list[XyLayer], Field(min_length=1)]


class Grid(Strict):
    x: Annotated[int, Field(ge=0, le=47)]
    y: Annotated[int, Field(ge=0)]
    w: Annotated[int, Field(ge=1, le=48)]
    h: Annotated[int, Field(ge=1)]


class Panel(Strict):
    id: Name
    type: Literal["vis"]
    grid: Grid
    config: Annotated[Metric | Table | Heatmap | Xy, Field(discriminator="type")]


class TimeRange(Strict):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)
    start: Annotated[str, Field(alias="from", pattern=r"^now-\d+[hdw]$")]
    to: Literal["now"]


class Dashboard(Strict):
    title: Name
    description: Name
    time_range: TimeRange
    panels: Annotated[list[Panel], Field(min_length=1, max_length=100)]


class View(Strict):
    id: Name
    title: Name
    name: Name
    timeFieldName: Name  # noqa: N815  # Kibana's spelling


class DataView(Strict):
    data_view: View
    override: Literal[True]


class Connector(Strict):
    name: Name
    connector_type_id: Literal[".server-log", ".index"]  # what the free licence has
    config: dict[str, Any]
    secrets: Annotated[dict[str, Any], Field(max_length=0)]


class Frequency(Strict):
    summary: bool
    notify_when: Literal["onActiveAlert", "onActionGroupChange"]
    throttle: None


class LogLine(Strict):
    level: Literal["info", "warn", "error"]
    message: Name


class Action(Strict):
    group: Literal["query matched"]
    id: Name
    params: LogLine
    frequency: Frequency


class Condition(Strict):
    searchType: Literal["esQuery"]  # noqa: N815  # Kibana's spelling
    index: Annotated[list[Name], Field(min_length=1)]
    timeField: Name  # noqa: N815  # Kibana's spelling
    esQuery: Name  # noqa: N815  # Kibana's spelling
    size: Annotated[int, Field(ge=0, le=10_000)]
    timeWindowSize: Annotated[int, Field(ge=1)]  # noqa: N815  # Kibana's spelling
    timeWindowUnit: Literal["s", "m", "h", "d"]  # noqa: N815  # Kibana's spelling
    thresholdComparator: Literal[">", "<"]  # noqa: N815  # Kibana's spelling
    threshold: Annotated[list[int], Field(min_length=1, max_length=1)]


class Interval(Strict):
    interval: Annotated[str, Field(pattern=r"^\d+[mh]$")]


class Rule(Strict):
    name: Name
    tags: list[Name]
    rule_type_id: Literal[".es-query"]
    consumer: Literal["stackAlerts"]
    schedule: Interval
    params: Condition
    actions: Annotated[list[Action], Field(min_length=1)]


def is_uuid4(text: str) -> bool:
    """Say whether an id has the form that Kibana wants of rules and connectors."""
    return str(UUID(text)) == text and UUID(text).version == 4
