"""Importing an archive and reading the past again: they fill the ledger and alert nobody."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import Config, load_config
from pipeline.demo.replay import CONFIG
from pipeline.records import Stage
from pipeline.stores import Store, open_store
from pipeline.upkeep import diagnose, import_archive, reprocess

OFFER = {
    "outlet": "Ostmark Post",
    "title": "Ostmark offers to mediate",
    "text": "Ostmark offers to mediate between Varonia and Kestria in the Harun Valley, "
    "President Ingrid Solvay said.",
    "published": "2031-02-01T10:00:00Z",
    "language": "en",
}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    shipped = load_config(CONFIG)
    store = replace(shipped.settings.store, url=f"sqlite:///{tmp_path}/watch.sqlite")
    channels = {"terminal": shipped.settings.channels["terminal"]}
    work = replace(shipped.settings.work, scrape=False, workers=1)
    settings = replace(shipped.settings, store=store, channels=channels, work=work)
    return replace(shipped, settings=settings)


def taken(config: Config, store: Store, *records: dict[str, str]) -> object:
    return asyncio.run(import_archive(config, store, records, subject="past.jsonl"))


def test_an_archive_fills_the_ledger_and_alerts_nobody(config: Config) -> None:
    with closing(open_store(config.settings.store.url)) as store:
        report = asyncio.run(import_archive(config, store, [OFFER], subject="past.jsonl"))
        assert (report.taken, report.refused) == (1, [])
        assert report.claims > 0
        assert [p.act for p in store.positions()] == ["MED_OFFER"]
        assert store.alerts() == []


def test_importing_again_takes_nothing(config: Config) -> None:
    with closing(open_store(config.settings.store.url)) as store:
        taken(config, store, OFFER)
        report = asyncio.run(import_archive(config, store, [OFFER], subject="past.jsonl"))
        assert (report.taken, report.known) == (0, 1)


def test_records_that_cannot_be_used_are_named_and_the_rest_is_taken(config: Config) -> None:
    bad = [{"title": "nothing in it"}, OFFER | {"published": "yesterday"}]
    with closing(open_store(config.settings.store.url)) as store:
        report = asyncio.run(import_archive(config, store, [*bad, OFFER], subject="past.jsonl"))
    assert report.taken == 1
    assert [line.split(":")[0] for line in report.refused] == ["record 1", "record 2"]


def test_reprocessing_reads_what_a_topic_wants_only_now_and_alerts_nobody(config: Config) -> None:
    with closing(open_store(config.settings.store.url)) as store:
        taken(replace(config, topics=()), store, OFFER)
        assert store.counts().claims == 0
        report = asyncio.run(reprocess(config, store))
        assert report.matched == 1
        assert store.counts().claims > 0
        assert store.alerts() == []
        assert [a.stage for a in store.articles()] == [Stage.DONE]


def test_reprocessing_twice_gives_the_same_claims(config: Config) -> None:
    with closing(open_store(config.settings.store.url)) as store:
        taken(config, store, OFFER)
        [article] = store.articles()
        before = store.claims(article.id)
        asyncio.run(reprocess(config, store))
        assert store.claims(article.id) == before


def test_the_doctor_finds_a_damaged_store(config: Config, tmp_path: Path) -> None:
    checks = {check.what: check for check in diagnose(config)}
    assert checks["store"].says.endswith("`truceline run` makes it")
    (tmp_path / "watch.sqlite").write_bytes(b"this is no database, only a long line of text" * 99)
    checks = {check.what: check for check in diagnose(config)}
    assert not checks["store"].fine
    assert checks["model"].fine
