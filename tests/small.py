"""A small watch on disk for tests of the faces: a configuration, and a store made of records.

Two parties on one valley: BB says talks were offered, AA denies it; a reprint, an edit, a feed
that fails, an alert that was sent and one that a channel gave up on.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pipeline.records import (
    Claim,
    DeliveryState,
    FeedState,
    Hop,
    HopKind,
    Novelty,
    Poll,
    PollOutcome,
    Position,
    Span,
    Stage,
)
from pipeline.stores import Store, open_store
from tests import factories as make

DEAD_URL = "https://dead.test/rss"
TEXT = "Talks in the valley\n\nBB offered to mediate, Ada Minister said. \x1b[31mRed."
OFFER = make.claim(
    1,
    id="aaaa111111bbbbbbbbbb",
    act="MED_OFFER",
    text="BB offered to mediate",
    source=Span(44, 56),
    cue=Span(57, 61),
    content=(Span(21, 42),),
    source_text="Ada Minister",
    cue_text="said",
    chain=(
        Hop(name="The One", kind=HopKind.OUTLET, countries=("AA",)),
        Hop(name="Wire", kind=HopKind.AGENCY),
        Hop(name="Ada Minister", kind=HopKind.PERSON, countries=("BB",)),
    ),
    countries=("BB",),
    object="mediation",
)
DENIAL = make.claim(
    2,
    id="cccc222222dddddddddd",
    article_id="article-0002",
    act="MED_DENY",
    text="=nobody offered anything",
    speaker="Foreign Ministry",
    speaker_kind=HopKind.GOVERNMENT,
    polarity="negative",
    object="mediation",
)
REPRINT = replace(
    OFFER,
    id="eeee333333ffffffffff",
    article_id="article-0003",
    outlet="The Two",
    said_at=make.at(3),
)

CONTRADICTION = make.contradiction(
    issue="mediation",
    claim_a=OFFER.id,
    claim_b=DENIAL.id,
    party_a="BB",
    party_b="AA",
    act_a="MED_OFFER",
    act_b="MED_DENY",
)

TOPIC_FILE = """
[topic]
id = "valley"
name = "The valley"
parties = ["AA", "BB"]
languages = ["en"]

[[terms]]
group = "valley"
kind = "places"
strong = true
en = ["the valley"]

[[issue]]
id = "mediation"
name = "Mediation"
themes = ["mediation"]

[[issue]]
id = "ceasefire"
name = "Ceasefire"
themes = ["ceasefire"]
"""

POSITIONS_FILE = """
[[position]]
topic = "valley"
party = "AA"
issue = "mediation"
act = "BILATERAL_ONLY"
since = 2001-02-03
text = "The two of us alone."
reference = "Treaty of the Bridge"

[[position]]
topic = "valley"
party = "BB"
issue = "ceasefire"
act = "CF_AFFIRM"
since = 2002-03-04
text = "We keep the truce."
reference = "Joint note"

[[position]]
topic = "valley"
party = "BB"
issue = "mediation"
act = "MED_REJECT"
since = 2003-04-05
text = "No go-betweens."
reference = "Speech"
"""

FEEDS_FILE = f"""
[[feed]]
url = "{make.FEED_URL}"
outlet = "The One"
country = "AA"
party = "AA"
language = "en"

[[feed]]
url = "{DEAD_URL}"
outlet = "The Dead"
country = "BB"
party = "BB"
"""

RULES_FILE = """
[[rule]]
name = "any offer"
themes = ["mediation"]
channels = ["terminal"]
"""

SETTINGS_FILE = """
timezone = "Asia/Kolkata"

[store]
url = "sqlite:///small.sqlite"

[work]
scrape = false
workers = 1

[channels.terminal]
kind = "terminal"

[channels.log]
kind = "file"
path = "alerts.jsonl"
"""


def write_config(folder: Path, *, feeds: str = FEEDS_FILE, rules: str = RULES_FILE) -> Path:
    """Write the configuration to `folder` and return it."""
    files = {
        "settings.toml": SETTINGS_FILE,
        "feeds.toml": feeds,
        "rules.toml": rules,
        "topics/valley.toml": TOPIC_FILE,
        "positions/valley.toml": POSITIONS_FILE,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def fill_store(folder: Path) -> None:
    """Make the store of the configuration in `folder`."""
    with closing(open_store(f"sqlite:///{folder}/small.sqlite")) as store:
        shown = [make.article(n, stage=Stage.SCRAPE) for n in (1, 2)]
        shown.append(make.article(3, outlet="The Two"))
        store.save_poll(make.poll(3), make.state(last_outcome=PollOutcome.OK), shown)
        store.save_poll(
            Poll(feed_url=DEAD_URL, at=make.at(3), outcome=PollOutcome.GONE, reason="410 Gone"),
            FeedState(feed_url=DEAD_URL, last_outcome=PollOutcome.GONE, failures=4),
            (),
        )
        _say(store, OFFER, Novelty.NEW, "first")
        _say(store, DENIAL, Novelty.CONTRADICTS, "cross_party")
        _say(store, REPRINT, Novelty.REPEAT, "restatement")
        alert = make.alert(1, claim_id=OFFER.id, created=make.at(5))
        lost = make.alert(2, claim_id=DENIAL.id, headline="Lost \x1b[31m", created=make.at(4))
        sent = make.delivery(1, state=DeliveryState.SENT, attempts=1, sent_at=make.at(5))
        dead = make.delivery(2, channel="log", state=DeliveryState.DEAD, attempts=10, error="full")
        store.save_alerts((alert, lost), ())
        store.save_alerts((alert, lost), (sent, dead))


def _say(store: Store, claim: Claim, novelty: Novelty, reason: str) -> None:
    number = int(claim.article_id[-4:])
    article = make.scraped(number, text=TEXT, outlet="The Two" if number == 3 else "The One")
    store.save_article(article)
    store.save_claims(replace(article, stage=Stage.COMPARE), (claim,))
    key = f"{claim.party} | {claim.act} | mediation | "
    decision = make.decision(claim_id=claim.id, novelty=novelty, reason=reason, key=key)
    compared = make.comparison(article, decisions=(decision,))
    if novelty is not Novelty.REPEAT:
        compared = replace(compared, positions=(_position(number, claim),))
    if novelty is Novelty.CONTRADICTS:
        compared = replace(compared, contradictions=(CONTRADICTION,))
    store.save_comparison(compared)


def _position(number: int, claim: Claim) -> Position:
    return make.position(
        number,
        party=claim.party,
        issue="mediation",
        act=claim.act,
        claim_id=claim.id,
        text=claim.text,
    )
