"""Kibana as code: data views, dashboards and rules, and how they get into a Kibana.

    dashboards.toml   what there is, in a short form
    bodies            what Kibana's HTTP API is sent for it
    install           sending it, as often as one likes

Panels name their index themselves (`data_view_spec`): a dashboard needs nothing but the indices.
They use aggregations only: no scripts, no ES|QL, nothing beyond the free licence.
"""

from pipeline.kibana.bodies import Bodies, bodies
from pipeline.kibana.install import Account, install

__all__ = ["Account", "Bodies", "bodies", "install"]
