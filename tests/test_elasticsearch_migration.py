"""Indices made anew behind their names: while others write, killed anywhere, on a bare cluster."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.errors import StoreError
from pipeline.records import Query, Stage
from pipeline.stores.elasticsearch import ElasticsearchStore, ledger, migration, schema
from pipeline.stores.elasticsearch.cluster import Outcome, create, delete, put, replace_kept
from tests.elasticsearch_node import remove, wipe
from tests.factories import article, at, claim, poll, proposition, scraped, state

NUMBER = 25  # articles, each with two claims


@pytest.fixture(scope="module")
def place(elasticsearch_url: str) -> Iterator[str]:
    found = f"{elasticsearch_url}/moving"
    remove(found)
    yield found
    remove(found)


@pytest.fixture
def url(place: str) -> str:
    """An empty store without an index of claims; making all indices anew takes long."""
    remove(f"{place}-claims")
    wipe(place)
    return place


def first(index: str) -> Callable[[str], int]:
    """Number indices as they were when this one was in its first version."""
    number = schema.version_of
    return lambda one: 1 if one == index else number(one)


@pytest.fixture
def old(url: str) -> str:
    """A store whose claims are in an index of version 1."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "version_of", first("claims"))
        patch.setattr(schema, "has_languages", lambda _cluster: False)
        with closing(ElasticsearchStore(url)) as store:
            for number in range(NUMBER):
                say(store, number)
    return url


@pytest.fixture
def older(url: str) -> str:
    """A store whose propositions are in an index that lacks what they are found by now."""
    remove(f"{url}-propositions")
    fields = ("party", "act", "day", "tags")
    made = schema.template("propositions")
    for field in fields:
        del made["mappings"]["properties"][field]
    template = schema.template
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "version_of", first("propositions"))
        patch.setattr(schema, "oldest_of", lambda _index: 1)
        patch.setattr(
            schema,
            "template",
            lambda index, **how: made if index == "propositions" else template(index, **how),
        )
        with closing(ElasticsearchStore(url)) as store:
            kept = proposition(1)
            index, key, source = ledger.document_of(kept)
            bare = {name: value for name, value in source.items() if name not in fields}
            store._cluster.must_write([put(index, key, bare)])
    return url


def say(store: ElasticsearchStore, number: int) -> None:
    told = scraped(number, stage=Stage.COMPARE)
    said = [
        claim(number * 10 + place, article_id=told.id, said_at=at(number), text=words)
        for place, words in enumerate(("Both would mediate.", "वार्ताओं में मध्यस्थता"))
    ]
    store.save_claims(told, said)


def said(store: ElasticsearchStore) -> list[str]:
    return [found.claim.id for found in store.search(Query(limit=10_000))]


def names(store: ElasticsearchStore) -> dict[str, str]:
    return {index: found.name for index, found in schema.indices(store._cluster).items()}


@pytest.fixture
def store(old: str) -> Iterator[ElasticsearchStore]:
    with closing(ElasticsearchStore(old, patience_s=60)) as opened:
        yield opened


# -- moving ------------------------------------------------------------------------------------


def test_a_new_program_works_with_old_indices_until_they_are_moved(
    store: ElasticsearchStore,
) -> None:
    say(store, NUMBER)
    before = said(store)
    assert len(before) == 2 * (NUMBER + 1)
    assert [one for one in store.layout().forms if not one.is_current] != []
    (moved,) = store.migrate()
    assert (moved.name, moved.before, moved.after, moved.count) == ("claims", 1, 2, len(before))
    assert names(store)["claims"] == "moving-claims-v2"
    assert all(one.is_current for one in store.layout().forms)
    assert said(store) == before
    say(store, NUMBER + 1)
    assert len(said(store)) == len(before) + 2
    assert store.migrate() == []
    assert store.check() == []


def test_what_is_written_meanwhile_comes_along(store: ElasticsearchStore, old: str) -> None:
    """A watch goes on in another process: none of its writes is lost, refused or doubled."""
    written: list[int] = []
    over = threading.Event()

    def watch(writer: ElasticsearchStore) -> None:
        for number in itertools.count(NUMBER):
            say(writer, number)
            say(writer, number % NUMBER)  # and what is there already, over again
            written.append(number)
            if over.is_set():
                return

    with closing(ElasticsearchStore(old, patience_s=60)) as writer:
        thread = threading.Thread(target=watch, args=(writer,))
        thread.start()
        (moved,) = store.migrate()
        over.set()
        thread.join()
    assert moved.count >= 2 * NUMBER
    assert len(written) > 1
    assert sorted(said(store)) == sorted(
        f"claim-{number * 10 + place:04}"
        for number in [*range(NUMBER), *written]
        for place in (0, 1)
    )
    assert store._cluster.get("claims", "claim-0000") is not None


def test_documents_are_made_anew_where_fields_are_new(older: str) -> None:
    with pytest.raises(StoreError, match="run `truceline store migrate`"):
        ElasticsearchStore(older)
    with closing(ElasticsearchStore(older, behind=True)) as store:
        assert [one.name for one in store.migrate()] == ["propositions"]
    with closing(ElasticsearchStore(older)) as store:
        kept = store._cluster.get("propositions", proposition(1).id)
        assert kept is not None
        assert kept.source == ledger.document_of(proposition(1))[2]
        store.drop_replaced()


class Killed(BaseException):
    pass


@pytest.mark.slow
def test_a_migration_killed_at_any_request_goes_on(
    store: ElasticsearchStore, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "PAGE", 20)
    before, kills, copied = said(store), 0, []
    while True:
        with closing(ElasticsearchStore(old)) as victim:
            left = itertools.count()

            def dying(request: Callable[..., Any], *, ask: Any, left: Any, last: int) -> Any:
                if next(left) >= last:
                    raise Killed
                return ask(request)

            ask = victim._cluster.ask
            victim._cluster.ask = lambda request, ask=ask, left=left, last=kills * 4: dying(  # type: ignore[method-assign, misc]  # where it dies
                request, ask=ask, left=left, last=last
            )
            try:
                moved = victim.migrate(show=lambda *told: copied.append(told))
            except Killed:
                kills += 1
                victim._cluster.ask = ask  # type: ignore[method-assign]  # alive again
            else:
                break
        assert said(store) == before
    assert kills > 10
    assert [(one.name, one.count) for one in moved] in ([], [("claims", len(before))])
    assert names(store)["claims"] == "moving-claims-v2"
    assert said(store) == before
    say(store, NUMBER)
    assert store.check() == []


def test_what_is_copied_is_not_copied_again(
    store: ElasticsearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "PAGE", 10)
    told: list[tuple[str, int, int]] = []

    def stop(name: str, done: int, total: int) -> None:
        told.append((name, done, total))
        if done >= 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.migrate(show=stop)
    assert told[-1] == ("claims", 30, 2 * NUMBER)
    again: list[tuple[str, int, int]] = []
    store.migrate(show=lambda *one: again.append(one))
    assert [done for name, done, _ in again if name == "claims"] == [10, 20, 30]


def test_a_copy_that_differs_is_told_and_the_old_index_stays(
    store: ElasticsearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(move: migration.Move, page: list[Any]) -> None:
        page[0].source["outlet"] = "Another"
        plain_put(move, page)

    plain_put = migration._put
    monkeypatch.setattr(migration, "_put", spoil)
    with pytest.raises(StoreError, match=r"differs from moving-claims-v1 in 'claim-"):
        store.migrate()
    assert names(store)["claims"] == "moving-claims-v1"
    say(store, NUMBER)


def test_what_was_deleted_meanwhile_is_deleted_there_too(
    store: ElasticsearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = migration._compared

    def and_delete(move: migration.Move) -> Any:
        found = compared(move)
        kept = store._cluster.get("claims", "claim-0001")
        assert kept is not None
        assert store._cluster.write([delete(kept)]) == [Outcome.DONE]
        return found

    monkeypatch.setattr(migration, "_compared", and_delete)
    (moved,) = store.migrate()
    assert moved.count == 2 * NUMBER - 1
    assert store._cluster.get("claims", "claim-0001") is None


# -- writes between two indices --------------------------------------------------------------------


def test_a_write_decided_before_the_move_is_decided_again(store: ElasticsearchStore) -> None:
    cluster = store._cluster
    kept = cluster.get("claims", "claim-0001")
    assert kept is not None
    store.migrate()
    there = cluster.get("claims", "claim-0001")
    assert there is not None
    same = replace(kept, seq_no=there.seq_no, term=there.term)  # the numbers may be equal
    for stale in (kept, same):
        assert cluster.write([replace_kept(stale, kept.source), delete(stale)]) == [
            Outcome.CONFLICT, Outcome.CONFLICT,
        ]  # fmt: skip
    assert store.drop_replaced() == ["moving-claims-v1"]
    assert cluster.write([replace_kept(kept, kept.source), delete(kept)]) == [
        Outcome.CONFLICT, Outcome.CONFLICT,
    ]  # fmt: skip
    assert cluster.get("claims", "claim-0001") == there
    assert store.drop_replaced() == []
    everything = cluster.ask(lambda client: client.indices.get(index="moving-claims-*"))
    assert list(everything) == ["moving-claims-v2"]  # no late write brings the old one back


def test_a_write_to_a_closed_index_waits(store: ElasticsearchStore) -> None:
    migration._close(store._cluster, "moving-claims-v1", close=True)
    (fault,) = store.check()
    assert "truceline store migrate" in fault
    store._cluster._patience_s = 0
    with pytest.raises(StoreError, match="writing is stopped") as caught:
        say(store, NUMBER)
    assert caught.value.retryable
    store._cluster._patience_s = 60
    thread = threading.Thread(target=say, args=(store, NUMBER))
    thread.start()
    migration._close(store._cluster, "moving-claims-v1", close=False)
    thread.join()
    assert len(said(store)) == 2 * (NUMBER + 1)
    assert store.check() == []


def test_new_documents_go_to_the_alias_alone(store: ElasticsearchStore) -> None:
    store.migrate()
    source = {"kind": "note", "name": "x", "value": "1"}
    assert store._cluster.write([create("state", "x", source), put("state", "x", source)]) == [
        Outcome.DONE, Outcome.DONE,
    ]  # fmt: skip


def test_a_new_field_is_added_to_the_index_that_is_there(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ElasticsearchStore(url).close()
    made = schema.template("feeds")
    made["mappings"]["properties"]["colour"] = {"type": "keyword"}
    template = schema.template
    monkeypatch.setattr(
        schema,
        "template",
        lambda index, **how: made if index == "feeds" else template(index, **how),
    )
    with closing(ElasticsearchStore(url)) as store:
        source = {"feed_url": "a", "colour": "red"}
        assert store._cluster.write([put("feeds", "a", source)]) == [Outcome.DONE]


# -- languages -------------------------------------------------------------------------------------


def asked(store: ElasticsearchStore, field: str, words: str) -> list[str]:
    """Ask as Kibana would; return the marked passages."""
    store._cluster.refresh("claims")
    answer = store._cluster.ask(
        lambda client: client.search(
            index=store._cluster.name("claims"),
            query={"match": {field: words}},
            highlight={"fields": {field: {}}},
        )
    )
    return sorted({text for hit in answer["hits"]["hits"] for text in hit["highlight"][field]})


@pytest.mark.parametrize(
    ("field", "words", "text", "marked"),
    [
        ("text.english", "mediation talks", "They mediated.", "They <em>mediated</em>."),
        ("text.english", "minister", "The minister’s plan.", "The <em>minister’s</em> plan."),
        ("text.hindi", "लड़का", "लड़के आए", "<em>लड़के</em> आए"),
        ("text.urdu", "كتاب", "کتاب پڑھی", "<em>کتاب</em> پڑھی"),
        ("text", "Mediated", "They mediated.", "They <em>mediated</em>."),
    ],
)
def test_words_are_found_in_other_forms_and_marked(
    url: str, field: str, words: str, text: str, marked: str
) -> None:
    with closing(ElasticsearchStore(url)) as store:
        told = scraped(1, stage=Stage.DONE)
        store.save_claims(told, [claim(1, text=text), claim(2, text="Nothing of it. کچھ और")])
        assert asked(store, field, words) == [marked]


def test_each_language_keeps_only_words_in_its_script(url: str) -> None:
    with closing(ElasticsearchStore(url)) as store:
        for analyzer, kept in (
            ("truceline_english", ["talk", "un"]),
            ("truceline_hindi", ["वारता"]),
            ("truceline_urdu", ["مذاکرات"]),
        ):
            answer = store._cluster.ask(
                lambda client, analyzer=analyzer: client.indices.analyze(  # type: ignore[misc]  # bound for this turn
                    index="moving-claims", analyzer=analyzer, text="Talks वार्ता مذاکرات UN"
                )
            )
            found = [one["token"] for one in answer["tokens"]]
            assert len(found) == len(kept), (analyzer, found)
            assert all(
                ord(a[0]) // 128 == ord(b[0]) // 128 for a, b in zip(found, kept, strict=True)
            )


def test_a_bare_cluster_goes_without_and_says_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = schema._file("analysis")
    lacking = json.loads(json.dumps(analysis).replace("pattern_replace", "no_such_thing"))
    file = schema._file
    monkeypatch.setattr(schema, "_file", lambda name: lacking if name == "analysis" else file(name))
    with closing(ElasticsearchStore(url)) as store:
        say(store, 1)
        assert len(said(store)) == 2
        (words, _) = store.layout().remarks
        assert "this cluster lacks the analysis of languages" in words
        assert asked(store, "text", "mediate") == ["Both would <em>mediate</em>."]


# -- in words --------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def test_the_commands_make_tell_and_move(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUCELINE_STORE", old)
    assert "claims v1: `truceline store migrate` makes it v2" in run("store", "init")
    status = json.loads(run("store", "status", "--json"))
    assert {"name": "claims", "version": 1, "newest": 2} in status["forms"]
    assert any("no lifecycle policies" in remark for remark in status["remarks"])
    moved = run("store", "migrate")
    assert "claims         v1 -> v2         50  " in moved
    assert "same counts and sums" in moved
    assert "moving-claims-v1 was replaced" in run("store", "status")
    again = run("store", "migrate", "--drop")
    assert "newest version already" in again
    assert "deleted moving-claims-v1" in again
    assert "was replaced" not in run("store", "status")


def test_a_poll_goes_on_over_moved_indices(store: ElasticsearchStore) -> None:
    store.migrate()
    store.save_poll(poll(1), state(), [article(99)])
    assert store.article("article-0099") is not None
