"""What the cluster itself removes in time: replaced indices, where it has lifecycle policies.

Policies delete whole indices. Ours hold documents that change and claims that stay, so the
retention of texts is `retention`, in the client, on every cluster.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.errors import StoreError
from pipeline.stores.elasticsearch.cluster import Cluster

KEPT_DAYS = 7  # a replaced index


def has_policies(cluster: Cluster) -> bool:
    """Tell whether lifecycle policies are there, and running; a bare node has none."""
    try:
        told = cluster.ask(lambda client: client.ilm.get_status())
    except StoreError as error:
        if error.retryable:
            raise
        return False  # no such call, or none of ours
    return bool(told["operation_mode"] == "RUNNING")


def policy_of(cluster: Cluster) -> str:
    """Return the name of the policy for replaced indices."""
    return f"{cluster.prefix}-replaced"


def put_policy(cluster: Cluster) -> None:
    """Make the policy that deletes a replaced index after `KEPT_DAYS`, where there are policies."""
    if has_policies(cluster):
        phases = {"delete": {"min_age": f"{KEPT_DAYS}d", "actions": {"delete": {}}}}
        cluster.ask(
            lambda client: client.ilm.put_lifecycle(
                name=policy_of(cluster), policy={"phases": phases}
            )
        )


def retire(cluster: Cluster, name: str) -> None:
    """Put a replaced index under the policy, from now on; without policies it stays."""
    if not has_policies(cluster):
        return
    settings = {
        "index.lifecycle.name": policy_of(cluster),
        "index.lifecycle.origination_date": int(datetime.now(UTC).timestamp() * 1000),
    }
    cluster.ask(lambda client: client.indices.put_settings(index=name, settings=settings))


__all__ = ["KEPT_DAYS", "has_policies", "put_policy", "retire"]
