"""In which form everything is kept, and what this cluster can and cannot do for it."""

from __future__ import annotations

from pipeline.stores.elasticsearch import lifecycle, migration, schema
from pipeline.stores.elasticsearch.cluster import Cluster
from pipeline.stores.layout import Form, Layout


def layout(cluster: Cluster) -> Layout:
    """Return the version of every index, and what is left to others, in words."""
    there = schema.indices(cluster)
    forms = tuple(
        Form(index, there[index].version, schema.version_of(index))
        for index in schema.INDICES
        if index in there
    )
    remarks = [_languages(cluster, there["claims"]), _retention(cluster)]
    remarks += [
        f"{name} was replaced; `truceline store migrate --drop` deletes it"
        for name in migration.replaced(cluster)
    ]
    return Layout(forms, tuple(remarks))


def renew(cluster: Cluster) -> None:
    """Bring templates and policy to this program's version; no document moves."""
    lifecycle.put_policy(cluster)
    schema.put_templates(cluster)


def _languages(cluster: Cluster, claims: schema.Index) -> str:
    if claims.knows_languages:
        return "words: analysed as English, Hindi and Urdu beside the exact ones"
    if schema.has_languages(cluster):
        return "words: exact ones only, until `truceline store migrate`; the cluster knows more"
    return "words: exact ones only; this cluster lacks the analysis of languages (analysis-common)"


def _retention(cluster: Cluster) -> str:
    ours = "texts: deleted by `truceline retention` or a watch, as settings.toml says"
    if lifecycle.has_policies(cluster):
        days = lifecycle.KEPT_DAYS
        return f"{ours}; replaced indices: by the cluster, after {days} days"
    return f"{ours}; replaced indices: by hand, as this cluster has no lifecycle policies"


__all__ = ["layout", "renew"]
