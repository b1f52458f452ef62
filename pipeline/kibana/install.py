"""Put data views, dashboards and rules into a Kibana over its HTTP API; again changes nothing.

Data views and dashboards are replaced by id. Connectors and rules cannot be: they are asked for,
then created or updated.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pipeline.client import Client, ClientSettings, Response, redact
from pipeline.errors import FetchError, KibanaError
from pipeline.kibana.bodies import Bodies, Body

OLDEST = (9, 5)  # the first with the dashboards API for good
TIMEOUT_S = 60.0
# What cannot be changed once a rule or a connector is there.
_FIXED = {"rule_type_id", "consumer", "connector_type_id"}
_SPACE = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who we are to Kibana: an API key, or a user with a password. Never shown."""

    api_key: str | None = field(default=None, repr=False)
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def headers(self) -> dict[str, str]:
        """Return the header that says so; none when nobody is named."""
        if self.api_key:
            return {"authorization": f"ApiKey {self.api_key}"}
        if self.user is None:
            return {}
        pair = f"{self.user}:{self.password or ''}".encode()
        return {"authorization": "Basic " + base64.b64encode(pair).decode("ascii")}


async def install(
    made: Bodies,
    url: str,
    *,
    account: Account | None = None,
    space: str = "",
    ca_file: str | None = None,
    rules: bool = True,
    show: Callable[[str, str], None] = lambda what, name: None,
) -> int:
    """Send everything to the Kibana at `url`; return how many objects it has now from us.

    `show` is told of each object: what it is, and its title. Without `rules`, connectors and
    rules are left out, for an account that may not make them.

    Raises:
        KibanaError: no Kibana answers, it is too old or not ready, or refuses something.
    """
    settings = ClientSettings(
        timeout_s=TIMEOUT_S,
        per_host_delay_s=0.0,
        allow_private=True,  # somebody who installs has named this very address
        ca_file=ca_file,
    )
    async with Client(settings) as client:
        kibana = _Kibana(client, url, space, (account or Account()).headers())
        await kibana.check()
        sent = 0
        for one in made.data_views.values():
            await kibana.ask("POST", "/api/data_views/data_view", one)
            show("data view", one["data_view"]["name"])
            sent += 1
        for key, one in made.dashboards.items():
            await kibana.ask("PUT", f"/api/dashboards/{key}", one)
            show("dashboard", one["title"])
            sent += 1
        if rules:
            sent += await _keep_all(
                kibana, "/api/actions/connector", "connector", made.connectors, show
            )
            sent += await _keep_all(kibana, "/api/alerting/rule", "rule", made.rules, show)
    return sent


async def _keep_all(
    kibana: _Kibana,
    path: str,
    what: str,
    wanted: Mapping[str, Body],
    show: Callable[[str, str], None],
) -> int:
    for key, one in wanted.items():
        there = await kibana.ask("GET", f"{path}/{key}", missing_is_fine=True)
        if there is None:
            await kibana.ask("POST", f"{path}/{key}", one)
        else:
            changes = {name: value for name, value in one.items() if name not in _FIXED}
            await kibana.ask("PUT", f"{path}/{key}", changes)
        show(what, one["name"])
    return len(wanted)


class _Kibana:
    """One space of one Kibana."""

    def __init__(self, client: Client, url: str, space: str, headers: Mapping[str, str]) -> None:
        self._client = client
        self._shown = redact(url)
        self._root = _without_end(url, self._shown)
        self._space = _space_path(space, self._shown)
        # Without the second header Kibana takes a write for a forged one.
        self._headers = {"content-type": "application/json", "kbn-xsrf": "true", **headers}

    async def check(self) -> None:
        """Ask whether a Kibana that is new enough is ready here."""
        about = await self.ask("GET", "/api/status", whole=True)
        version = str((about or {}).get("version", {}).get("number", ""))
        level = (about or {}).get("status", {}).get("overall", {}).get("level")
        if not version:
            raise self._error(
                "what answers here is no Kibana, or the account may not see its version"
            )
        if _numbers(version) < OLDEST:
            needed = ".".join(map(str, OLDEST))
            raise self._error(f"is Kibana {version}; dashboards as code need {needed} or newer")
        if level != "available":
            raise self._error(f"Kibana is not ready: {level}", retryable=True)

    async def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        missing_is_fine: bool = False,
        whole: bool = False,
    ) -> Body | None:
        """Return the answer; None for what is not there. `whole`: of Kibana, not of the space.

        Raises:
            KibanaError: no answer, or a refusal, with Kibana's reason.
        """
        url = f"{self._root}{'' if whole else self._space}{path}"
        try:
            answer = await self._exchange(method, url, body)
        except FetchError as error:
            raise self._error(error.message, retryable=error.retryable) from None
        if answer.status == 404 and missing_is_fine:
            return None
        if not 200 <= answer.status < 300:
            raise self._refused(answer, path)
        return _json(answer)

    async def _exchange(self, method: str, url: str, body: Body | None) -> Response:
        if method == "GET":
            return await self._client.get(url, headers=self._headers)
        data = json.dumps(body, ensure_ascii=False).encode()
        send = self._client.put if method == "PUT" else self._client.post
        return await send(url, body=data, headers=self._headers)

    def _refused(self, answer: Response, path: str) -> KibanaError:
        reason = str((_json(answer) or {}).get("message", "")).strip()[:500]
        match answer.status:
            case 401:
                what = (
                    "does not know this account: set TRUCELINE_KIBANA_API_KEY, or "
                    "TRUCELINE_KIBANA_USER and TRUCELINE_KIBANA_PASSWORD"
                )
            case 403:
                what = f"this account may not use {path}"
            case status:
                what = f"answered {status} to {path}"
        retryable = answer.status in (429, 502, 503, 504)
        return self._error(f"{what}{': ' if reason else ''}{reason}", retryable=retryable)

    def _error(self, text: str, *, retryable: bool = False) -> KibanaError:
        return KibanaError(text, subject=self._shown, retryable=retryable)


def _without_end(url: str, shown: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise KibanaError("write http(s)://host:5601", subject=shown)
    return urlunsplit(parts._replace(query="", fragment="")).rstrip("/")


def _space_path(space: str, shown: str) -> str:
    if space in ("", "default"):
        return ""
    if not _SPACE.fullmatch(space):
        raise KibanaError(f"{space!r} cannot be the id of a space", subject=shown)
    return f"/s/{space}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _json(answer: Response) -> dict[str, Any] | None:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


__all__ = ["OLDEST", "Account", "install"]
