"""The command line from outside: answers, exit codes, widths, pipes and signals."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import COMMANDS, main
from pipeline.cli.cells import harmless
from pipeline.cli.exporting import pages
from pipeline.cli.health import FeedHealth as Row
from pipeline.cli.health import Health, health_of, heard_parties
from pipeline.cli.inputs import records_in
from pipeline.cli.options import json_line
from pipeline.cli.screens import print_positions
from pipeline.cli.sheets import line
from pipeline.cli.watching import Told
from pipeline.config import load_config
from pipeline.deliver import DeliveryReport
from pipeline.errors import ConfigError, StoreError
from pipeline.flow import RunReport
from pipeline.records import PollOutcome, Query
from pipeline.stores import open_store
from tests import factories as make
from tests.small import DENIAL, OFFER, REPRINT, fill_store, write_config

TRUCELINE = [sys.executable, "-m", "pipeline"]
WEEK = timedelta(days=7)
HEAVY = ("spacy", "onnxruntime", "numpy", "trafilatura", "feedparser", "apprise", "pydantic")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def records(self) -> list[Any]:
        return [json.loads(one) for one in self.out.splitlines()]


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled watch; no test may change it."""
    made = write_config(tmp_path_factory.mktemp("small"))
    fill_store(made)
    return made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in this process, as `truceline` does."""
    for name in ("COLUMNS", "TRUCELINE_CONFIG", "TRUCELINE_STORE"):
        monkeypatch.delenv(name, raising=False)
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as stop:
            main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        code = stop.value.code
        assert isinstance(code, int)
        return Ended(code, out, err)

    yield run
    signal.signal(signal.SIGTERM, before)


# -- starting ----------------------------------------------------------------------------


def test_help_names_every_command(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    assert [name for name in COMMANDS if f"  {name} " not in said.out] == []


def test_the_help_of_every_command_loads_nothing_heavy() -> None:
    code = f"""
import sys
from click.testing import CliRunner
from pipeline.cli import COMMANDS, cli
for name in COMMANDS:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, (name, result.output)
print(*[name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_option_of_every_command_has_a_help_text() -> None:
    from tests.test_docs import commands, options_of

    missing = [
        (name, option.opts[0])
        for name, command in commands()
        for option in options_of(command)
        if not getattr(option, "help", "")
    ]
    assert missing == []


# -- asking --------------------------------------------------------------------------------


def test_search_finds_by_words_and_facets(run: Run, folder: Path) -> None:
    def found(*asked: str) -> list[str]:
        answer = run("search", *asked, "--json", "--config", folder)
        return [one["claim"]["id"] for one in answer.records]

    assert found() == [REPRINT.id, DENIAL.id, OFFER.id]
    assert found("nobody offered") == [DENIAL.id]
    assert found("--act", "med deny") == [DENIAL.id]
    assert found("--party", "BB", "--novelty", "new") == [OFFER.id]
    assert found("--agency", "wire", "--outlet", "the two") == [REPRINT.id]
    assert found("--until", make.at(2).isoformat()) == [OFFER.id]
    assert found("--limit", "1") == [REPRINT.id]


def test_a_search_without_an_answer_says_so_and_ends_with_1(run: Run, folder: Path) -> None:
    said = run("search", "zeppelin", "--config", folder)
    assert (said.code, said.out) == (1, "")
    assert "no claim fits" in said.err
    assert "(there are: valley)" in run("search", "--topic", "vale", "--config", folder).err


def test_an_unknown_act_is_answered_with_the_nearest(run: Run, folder: Path) -> None:
    said = run("search", "--act", "MED_REJET", "--config", folder)
    assert said.code == 2
    assert 'did you mean "MED_REJECT"?' in said.err


@pytest.mark.parametrize("width", ["60", "80", "120", "200"])
@pytest.mark.parametrize(
    "command", ["search", "alerts", "positions", "contradictions", "coverage", "feeds list"]
)
def test_no_line_is_wider_than_the_screen_and_no_id_is_cut(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, width: str, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    said = run(*command.split(), "--config", folder)
    assert said.code == 0
    assert max(map(len, said.out.splitlines())) <= int(width)
    for shown in {"search": [OFFER.id[:10]], "alerts": ["alert-0001"]}.get(command, []):
        assert shown in said.out.split()


def test_into_a_pipe_every_record_is_one_whole_line(run: Run, folder: Path) -> None:
    lines = run("search", "--config", folder).out.splitlines()
    assert len(lines) == 4
    assert DENIAL.text in lines[2]
    assert not any(one.endswith(" ") for one in lines)


def test_times_are_the_readers(run: Run, folder: Path) -> None:
    assert "2025-05-10 17:31" in run("search", "--config", folder).out  # 12:01 UTC in Kolkata
    assert "17:31 here, 12:01 UTC (pubDate)" in run("show", OFFER.id, "--config", folder).out


def test_show_draws_the_chain_and_tells_all_that_is_known(run: Run, folder: Path) -> None:
    said = run("show", OFFER.id[:6], "--config", folder)
    for part in (
        "└─ Wire (agency)",
        "   └─ Ada Minister (person, BB)",
        "BB offered to mediate, Ada Minister said.",
        "characters 21-42 of version 1",
        "new (first) in valley",
        "2 outlets, 2 origins",
        f"{DENIAL.id[:10]}: cannot both hold (open, mediation)",
        f"The Two: BB offered to mediate [{REPRINT.id[:10]}, repeat]",
    ):
        assert part in said.out
    [known] = run("show", OFFER.id, "--json", "--config", folder).records
    assert [one["claim"]["id"] for one in known["alike"]] == [REPRINT.id]
    assert [one["number"] for one in known["versions"]] == [1]


@pytest.mark.parametrize("command", ["show", "alerts"])
def test_an_unknown_or_ambiguous_id_is_said_in_one_line(
    run: Run, folder: Path, command: str
) -> None:
    for wanted in ("zzzz", "alert" if command == "alerts" else ""):
        said = run(command, "--config", folder, "--", wanted or " ")
        assert (said.code, said.out) == (1, "")
        assert len(said.err.splitlines()) == 1


def test_alerts_show_deliveries_and_with_full_the_receipt(run: Run, folder: Path) -> None:
    listed = run("alerts", "--config", folder).out
    assert "log dead" in listed
    assert "The receipt." not in listed
    assert run("alerts", "--full", "--config", folder).out.count("The receipt.") == 2
    one = run("alerts", "alert-0002", "--config", folder).out
    assert "`truceline replay` tries again (full)" in one
    assert [a["id"] for a in run("alerts", "--json", "--config", folder).records] == [
        "alert-0001",
        "alert-0002",
    ]


def test_nothing_from_outside_steers_the_terminal(run: Run, folder: Path) -> None:
    for command in ("alerts", "search", "show"):
        said = run(command, *([OFFER.id] if command == "show" else []), "--config", folder)
        assert "\x1b" not in said.out
    assert line("a\u202eb\nc\x07") == "ab c"


def test_a_standing_position_ends_where_its_party_speaks_on_the_same_aspect(
    run: Run, folder: Path
) -> None:
    now = run("positions", "--json", "--config", folder).records
    held = [(p["party"], p["issue"], p["act"]) for p in now]
    assert held == [
        ("BB", "ceasefire", "CF_AFFIRM"),  # standing, nobody said otherwise
        ("AA", "mediation", "BILATERAL_ONLY"),  # standing, the denial is another aspect
        ("AA", "mediation", "MED_DENY"),
        ("BB", "mediation", "MED_OFFER"),
    ]
    past = run("positions", "--history", "--party", "bb", "--json", "--config", folder).records
    [replaced] = [p for p in past if p["act"] == "MED_REJECT"]
    assert replaced["until"] == make.at(1).isoformat()
    assert "standing until 2025-05-10" in run("positions", "--history", "--config", folder).out


def test_a_stance_that_is_only_planned_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    stances = [make.position(1, act="MED_HALT", modality=how) for how in ("planned", "actual")]
    print_positions(stances, UTC)
    shown = [" ".join(row.split()) for row in capsys.readouterr().out.splitlines()]
    assert sum("(planned)" in row for row in shown) == 1
    assert "(actual)" not in " ".join(shown)


def test_a_stance_shows_how_it_began_and_what_was_named_since(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = (make.at(9), "claim-0009", "mediator", "CC")
    print_positions([make.position(1, change="hardening", noted=(named,))], UTC)
    shown = " ".join(capsys.readouterr().out.split())
    assert "hardening; " in shown
    assert "new mediator named: CC" in shown


def test_contradictions_show_both_sides(run: Run, folder: Path) -> None:
    said = run("contradictions", "--config", folder).out
    assert OFFER.text in said
    assert DENIAL.text in said
    [pair] = run("contradictions", "--json", "--config", folder).records
    assert {pair["claim_a"], pair["claim_b"]} == {OFFER.id, DENIAL.id}


def test_coverage_shows_trouble_first_and_whose_media_are_not_heard(run: Run, folder: Path) -> None:
    said = run("coverage", "--config", folder).out.splitlines()
    assert said[1].startswith("The Dead  failing")
    assert said[1].endswith("410 Gone")
    assert "media of BB: NOT HEARD, 0 of 1 feeds" in said
    rows = run("coverage", "--json", "--config", folder).records
    assert [row["health"] for row in rows] == ["failing", "silent"]


def test_an_empty_store_is_said_in_words(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path)
    open_store(f"sqlite:///{tmp_path}/small.sqlite").close()
    for command, words in (("alerts", "no alerts"), ("contradictions", "no contradiction")):
        said = run(command, "--config", tmp_path)
        assert (said.code, said.out) == (0, "")
        assert words in said.err


# -- feed health -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"last_outcome": PollOutcome.OK, "last_new": make.at(0)}, Health.ALIVE),
        ({"last_outcome": PollOutcome.SAME, "last_new": make.at(-60 * 24 * 8)}, Health.SILENT),
        ({"last_outcome": PollOutcome.SAME, "last_new": None}, Health.SILENT),
        ({"last_outcome": PollOutcome.GONE, "last_new": make.at(0)}, Health.FAILING),
        ({"last_outcome": PollOutcome.EMPTY, "last_new": make.at(0)}, Health.FAILING),
        ({"last_outcome": None}, Health.NEVER),
        (
            {
                "last_outcome": PollOutcome.OK,
                "last_new": make.at(0),
                "next_check": make.at(-61),
            },
            Health.LATE,
        ),
    ],
)
def test_health_is_one_word(changes: dict[str, Any], expected: Health) -> None:
    assert health_of(make.feed(), make.state(**changes), make.NOON, silent=WEEK) is expected


def test_a_feed_that_is_off_is_no_trouble_and_a_new_one_was_never_asked() -> None:
    assert health_of(make.feed(enabled=False), None, make.NOON, silent=WEEK) is Health.OFF
    assert health_of(make.feed(), None, make.NOON, silent=WEEK) is Health.NEVER


def test_a_party_is_heard_through_the_feeds_that_live() -> None:
    alive = make.state(last_outcome=PollOutcome.OK, last_new=make.at(0))
    rows = [
        Row(make.feed(party="AA"), alive, Health.ALIVE),
        Row(make.feed(party="AA"), None, Health.NEVER),
        Row(make.feed(), alive, Health.ALIVE),
    ]
    [heard] = heard_parties(rows)
    assert (heard.party, heard.feeds, heard.alive, heard.last_new) == ("AA", 2, 1, make.at(0))


# -- export ----------------------------------------------------------------------------------


def test_export_writes_every_claim_as_csv_without_formulas(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    target = tmp_path / "claims.csv"
    assert run("export", target, "--config", folder).code == 0
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"))))
    assert [row["claim"] for row in rows] == [REPRINT.id, DENIAL.id, OFFER.id]
    assert rows[1]["words"] == f"'{DENIAL.text}"
    assert rows[2]["chain"] == "The One <- Wire <- Ada Minister"
    assert os.listdir(tmp_path) == ["claims.csv"]


def test_export_writes_jsonl_to_standard_output(run: Run, folder: Path) -> None:
    said = run("export", "-", "--since", make.at(2).isoformat(), "--config", folder)
    assert [one["claim"]["id"] for one in said.records] == [REPRINT.id, DENIAL.id]


def test_export_as_events_leaves_out_what_no_codebook_has(run: Run, folder: Path) -> None:
    said = run("export", "-", "--coding", "cameo", "--repeats", "--config", folder)
    assert said.code == 0
    acts = {row["act"]: row["code"] for row in said.records}
    assert acts["MED_OFFER"] == "039"
    assert run("export", "-", "--coding", "icews", "--config", folder).code == 2


def test_export_names_what_it_cannot_write(run: Run, folder: Path, tmp_path: Path) -> None:
    said = run("export", tmp_path / "no" / "x.csv", "--config", folder)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "x.csv: No such file" in said.err
    assert run("export", tmp_path / "x.xls", "--config", folder).code == 2


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_yield_every_claim_once_however_many_share_a_moment(
    tmp_path: Path, size: int
) -> None:
    with closing(open_store(f"sqlite:///{tmp_path}/x.sqlite")) as store:
        store.save_poll(make.poll(1), make.state(), (make.article(1),))
        times = [make.at(0)] * 5 + [make.at(0) + timedelta(microseconds=300)] * 2
        times += [make.at(n) for n in range(1, 5)]
        claims = [make.claim(n, said_at=when) for n, when in enumerate(times)]
        store.save_claims(make.scraped(1), claims)
        found = [one.claim.id for one in pages(store, Query(), size=size)]
    assert sorted(found) == sorted(claim.id for claim in claims)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1"])
def test_a_cell_is_no_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


def test_a_harmless_cell_stays_as_it_is() -> None:
    assert [harmless("a=b"), harmless(None), harmless(3)] == ["a=b", "", "3"]


# -- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('{"a": 1}', 1),
        ('{"a": 1}\n{"a": 2}\n', 2),
        ('\n\n{"a": 1}\n\n{"a": 2}', 2),
        ('[{"a": 1}, {"a": 2}]', 2),
        ('{\n "a": 1\n}\n', 1),
        ('\ufeff{"a": 1}', 1),
        ("", 0),
        ("\n \n", 0),
    ],
)
def test_records_come_as_one_object_a_list_or_lines(tmp_path: Path, text: str, count: int) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    assert len(list(records_in(path))) == count


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"a": 1}\n{bad\n', ":2: is not JSON"),
        ('\n{"a": 1}\n\n[1]\n', ":4: is no JSON object"),
        ('{\n "a": 1,\n}\n', ":3: is not JSON"),
        ('[{"a": 1}, 2]', ": record 2: is no JSON object"),
        ("[" * 100_000, ":1: is not JSON"),
    ],
)
def test_a_faulty_record_is_named_with_its_line(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as wrong:
        list(records_in(path))
    assert str(wrong.value).startswith(f"{path}{where}")


def test_a_refused_record_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{bad\n{"a": 3}\n', "utf-8")
    refused: list[ConfigError] = []
    assert [r["a"] for r in records_in(path, refuse=refused.append)] == [1, 3]
    assert [e.subject for e in refused] == [f"{path}:2"]


def test_parse_answers_for_every_file(run: Run, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text("<rss version='2.0'><channel><item><title>A\x07</title></item></channel></rss>")
    (tmp_path / "empty.xml").touch()
    said = run("parse", "--json", feed, tmp_path / "empty.xml")
    assert [(r["outcome"], len(r["entries"])) for r in said.records] == [("ok", 1), ("empty", 0)]
    text = run("parse", feed).out
    assert "feed.xml: ok, 1 entry" in text


def test_half_a_surrogate_pair_becomes_its_escape() -> None:
    assert json_line({"t": "a\ud83d"}) == '{"t": "a\\ud83d"}\n'


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ["search"], ["show", "x"], ["alerts"], ["positions"], ["contradictions"], ["coverage"],
        ["export", "-"], ["topics", "backtest"], ["reprocess"], ["replay"], ["retention"],
    ],
)  # fmt: skip
def test_without_a_store_a_reading_command_says_so_and_makes_none(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    write_config(tmp_path)
    said = run(*command, "--config", tmp_path)
    assert (said.code, said.out) == (3, "")
    assert "there is no store here yet; `truceline run` makes it" in said.err
    assert list(tmp_path.glob("*.sqlite*")) == []


def test_what_is_no_database_is_said_and_left_alone(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path)
    path = tmp_path / "small.sqlite"
    path.write_text("something else altogether, longer than a header " * 20)
    said = run("search", "--config", tmp_path)
    assert said.code == 3
    assert "damaged or no store" in said.err
    assert path.read_text().startswith("something else")


def test_a_typo_in_the_configuration_is_named_with_file_line_and_nearest_key(
    run: Run, tmp_path: Path
) -> None:
    write_config(tmp_path, rules='[[rule]]\nname = "x"\nchanels = ["terminal"]\n')
    for command in (["search"], ["run"], ["watch"], ["feeds", "list"]):
        said = run(*command, "--config", tmp_path)
        assert said.code == 2
        assert "rules.toml:3" in said.err
        assert 'did you mean "channels"?' in said.err


def test_doctor_names_the_fault_and_ends_with_2(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path, rules='[[rule]]\nname = "x"\nchanels = ["terminal"]\n')
    said = run("doctor", "--config", tmp_path)
    assert said.code == 2
    assert said.out.startswith("FAIL configuration: ")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nosuch"], 2),
        (["search", "--since", "yesterday"], 2),
        (["extract", "/no/such/file"], 2),
        (["feeds", "add", "ftp://x.test/", "--outlet", "X"], 2),
        (["feeds", "list", "--config", "/no/such/folder"], 2),
        (["search", "--store", "redis://x"], 2),
    ],
)
def test_exit_codes(run: Run, folder: Path, arguments: list[str], code: int) -> None:
    if "--config" not in arguments and arguments[0] in ("search", "feeds", "extract"):
        arguments = [*arguments, "--config", str(folder)]
    said = run(*arguments)
    assert said.code == code
    assert said.err


def test_extract_explains_each_claim_when_asked(run: Run, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"id": "a", "text": "Norway rejected mediation."}), "utf-8")
    options = ("--config", folder, "--topic", "any")
    plain, told = run("extract", file, *options), run("extract", "--explain", file, *options)
    assert told.code == 0
    assert "MED_REJECT" in plain.out
    assert "    act " not in plain.out
    assert "    act         MED_REJECT: " in told.out
    assert "    alert       yes: " in told.out


def test_another_process_at_work_is_exit_code_4(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path, feeds="")
    with closing(open_store(f"sqlite:///{tmp_path}/small.sqlite")) as store:
        store.take_lease("compare", "somebody else", datetime.now(UTC), 60)
        said = run("run", "--config", tmp_path)
    assert said.code == 4
    assert "another process" in said.err


# -- feeds and topics --------------------------------------------------------------------------


def test_feeds_go_out_and_come_in_as_opml(run: Run, folder: Path, tmp_path: Path) -> None:
    opml = tmp_path / "feeds.opml"
    assert run("feeds", "export", opml, "--config", folder).code == 0
    assert run("feeds", "export", "-", "--config", folder).out.encode() == opml.read_bytes()
    other = write_config(tmp_path / "other", feeds="# mine\n")
    assert "added 2 feeds" in run("feeds", "import", opml, "--config", other).out
    assert "added 0 feeds" in run("feeds", "import", opml, "--config", other).out
    listed = run("feeds", "list", "--json", "--config", other).records
    assert [one["outlet"] for one in listed] == ["The One", "The Dead"]
    assert (other / "feeds.toml").read_text().startswith("# mine\n")


def test_an_added_feed_is_in_the_list(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path)
    added = run("feeds", "add", "https://new.test/rss", "--outlet", "New", "--config", tmp_path)
    assert added.code == 0
    assert "https://new.test/rss" in run("feeds", "list", "--config", tmp_path).out


def test_topics_check_says_why(run: Run, folder: Path) -> None:
    said = run("topics", "check", "Talks in the valley", "Cheese", "--config", folder).out
    assert said.splitlines()[0] == "valley: Talks in the valley"
    assert "no topic: Cheese" in said
    assert "valley" in run("topics", "check", "--config", folder).out


def test_backtest_says_what_would_have_alerted(run: Run, folder: Path) -> None:
    said = run("topics", "backtest", "--archive", "--samples", 1, "--config", folder)
    assert said.code == 0
    assert "3 claims" in said.out
    [found] = run("topics", "backtest", "--archive", "--json", "--config", folder).records
    assert found["claims"] == 3


# -- upkeep ------------------------------------------------------------------------------------


def test_retention_deletes_text_and_show_says_so(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path)
    fill_store(tmp_path)
    assert "nothing deleted" in run("retention", "--config", tmp_path).out
    assert "the text of 3 articles" in run("retention", "--days", 1, "--config", tmp_path).out
    assert "no longer stored" in run("show", OFFER.id, "--config", tmp_path).out


def test_replay_sends_what_a_channel_gave_up_on(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path)
    fill_store(tmp_path)
    assert run("replay", "--channel", "lgo", "--config", tmp_path).code == 2
    said = run("replay", "--alert", "alert-0002", "--config", tmp_path)
    assert said.out.startswith("1 delivery put back")
    assert "alert-0002" in (tmp_path / "alerts.jsonl").read_text()


def test_init_writes_a_configuration_once(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "watch"
    assert "wrote" in run("init", target).out
    (target / "rules.toml").write_text("# mine\n")
    again = run("init", target)
    assert "wrote" not in again.out
    assert (target / "rules.toml").read_text() == "# mine\n"


def test_an_archive_with_a_broken_line_is_taken_but_for_that(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path)
    archive = tmp_path / "old.jsonl"
    rows = [{"outlet": "A", "title": "Cheese", "text": "Cheese is dear."}, {"title": "x"}]
    archive.write_text(json.dumps(rows[0]) + "\n{bad\n" + json.dumps(rows[1]) + "\n")
    said = run("import", archive, "--config", tmp_path)
    assert said.code == 1
    assert "1 article taken" in said.out
    assert "old.jsonl:2: is not JSON" in said.err
    assert "old.jsonl:3: has neither text nor url" in said.err


# -- watch ---------------------------------------------------------------------------------------


def test_a_watch_tells_alerts_no_terminal_shows_and_rounds_that_failed(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    config = load_config(folder)
    quiet = replace(config.rules[0], name="quiet one", channels=("log",))
    told = Told(replace(config, rules=(*config.rules, quiet)))
    alerts = (make.alert(1), make.alert(2, rule="quiet one", headline="Only in a file"))
    told(
        RunReport(
            polls=(make.poll(1), make.poll(2, outcome=PollOutcome.GONE, new=0)),
            alerts=alerts,
            delivered=DeliveryReport(failed=1, errors={"log": "disk full"}),
        )
    )
    told(StoreError("locked", subject="sqlite:///x"))
    out, err = capsys.readouterr()
    assert "alert: Only in a file" in out
    assert alerts[0].headline not in out
    assert "2 feeds, 1 new, 2 alerts, 1 without an answer" in out
    assert "channel log: disk full" in err
    assert "this round failed, the next one tries again: sqlite:///x: locked" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_survives_failing_rounds_and_ends_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    write_config(tmp_path, feeds="")
    with closing(open_store(f"sqlite:///{tmp_path}/small.sqlite")) as store:
        store.take_lease("compare", "somebody else", datetime.now(UTC), 60)
        with subprocess.Popen(
            # A test run in the background of a shell would hand on that it ignores SIGINT.
            ["env", "--default-signal=INT", *TRUCELINE, "watch", "--config", tmp_path],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as watch:
            assert watch.stderr is not None
            first = watch.stderr.readline()
            assert watch.poll() is None
            watch.send_signal(number)
            out, err = watch.communicate(timeout=20)
    assert "this round failed" in first
    assert "stopped" in out
    assert (watch.returncode, err) == (0, "")


# -- pipes and terminals -------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["search", "search --json", "export -", "feeds list"])
def test_a_closed_pipe_is_no_fault(folder: Path, command: str) -> None:
    done = subprocess.run(
        f"{sys.executable} -m pipeline {command} --config {folder} | true; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_full_disk_is_one_clear_line(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*TRUCELINE, "export", "-", "--config", folder],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write the output: No space left on device\n"


def test_a_terminal_gets_colours_and_its_own_width(folder: Path) -> None:
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "70", "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    subprocess.run(
        [*TRUCELINE, "search", "--config", folder],
        stdout=slave,
        env=environment,
        check=True,
    )
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert "\x1b[1m" in shown
    assert all(len(one) <= 80 for one in shown.splitlines())


def test_run_answers_with_one_object_and_keeps_alerts_off_it(run: Run, tmp_path: Path) -> None:
    write_config(tmp_path, feeds="")
    fill_store(tmp_path)
    with closing(open_store(f"sqlite:///{tmp_path}/small.sqlite")) as store:
        waiting = make.delivery(2, next_try=make.at(0))
        store.save_alerts(
            [alert for alert in store.alerts() if alert.id == "alert-0002"], [waiting]
        )
    said = run("run", "--now", make.at(10).isoformat(), "--json", "--config", tmp_path)
    [answer] = said.records
    assert answer["counts"]["claims"] == 3
    assert "The receipt." in said.err
