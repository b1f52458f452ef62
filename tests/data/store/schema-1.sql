-- A store as schema 1 wrote it: two articles, one compared. Never edit: it is history.
PRAGMA application_id=1414681923;
PRAGMA user_version=1;
CREATE TABLE feeds (url TEXT PRIMARY KEY, feed TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE polls (
    n INTEGER PRIMARY KEY, feed_url TEXT NOT NULL, at INTEGER NOT NULL,
    digest TEXT NOT NULL, poll TEXT NOT NULL);
CREATE INDEX polls_of_feed ON polls (feed_url, at);
CREATE INDEX polls_by_time ON polls (at);
CREATE TABLE articles (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
    stage TEXT NOT NULL, baseline INTEGER NOT NULL, matched INTEGER NOT NULL,
    version INTEGER NOT NULL, fingerprint TEXT NOT NULL, feed_url TEXT NOT NULL,
    outlet TEXT NOT NULL, agency TEXT, origin TEXT, compared TEXT, article TEXT NOT NULL);
CREATE INDEX articles_pending ON articles (stage, at, id) WHERE stage != 'done';
CREATE INDEX articles_matched ON articles (at) WHERE matched;
CREATE TABLE topics (
    topic TEXT, article INTEGER REFERENCES articles, PRIMARY KEY (topic, article)) WITHOUT ROWID;
CREATE TABLE shown (
    article INTEGER REFERENCES articles, feed_url TEXT, fingerprint TEXT NOT NULL,
    PRIMARY KEY (article, feed_url)) WITHOUT ROWID;
CREATE TABLE versions (
    article INTEGER NOT NULL REFERENCES articles, number INTEGER NOT NULL,
    seen_at INTEGER NOT NULL, forgotten INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL,
    text_hash TEXT NOT NULL, text_from TEXT, diff TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (article, number));
CREATE INDEX versions_by_time ON versions (forgotten, seen_at);
CREATE TABLE claims (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, article INTEGER NOT NULL REFERENCES articles,
    current INTEGER NOT NULL, version INTEGER NOT NULL, place INTEGER NOT NULL,
    claim TEXT NOT NULL);
CREATE INDEX claims_of_article ON claims (article, current);
CREATE VIRTUAL TABLE words USING fts5 (
    text, title, facets,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
CREATE TABLE decisions (
    article INTEGER REFERENCES articles, claim_id TEXT, topic TEXT, key TEXT NOT NULL,
    novelty TEXT NOT NULL, decision TEXT NOT NULL,
    PRIMARY KEY (article, claim_id, topic)) WITHOUT ROWID;
CREATE INDEX decisions_of_key ON decisions (topic, key);
CREATE TABLE propositions (
    id TEXT PRIMARY KEY, topic TEXT NOT NULL, issue TEXT NOT NULL, proposition TEXT NOT NULL
    ) WITHOUT ROWID;
CREATE INDEX propositions_of_issue ON propositions (topic, issue);
CREATE TABLE positions (
    id TEXT PRIMARY KEY, topic TEXT NOT NULL, issue TEXT NOT NULL, party TEXT NOT NULL,
    since INTEGER NOT NULL, until INTEGER, position TEXT NOT NULL);
CREATE INDEX positions_current ON positions (topic, issue) WHERE until IS NULL;
CREATE TABLE contradictions (
    id TEXT PRIMARY KEY, topic TEXT NOT NULL, issue TEXT NOT NULL,
    opened INTEGER NOT NULL, closed INTEGER, contradiction TEXT NOT NULL);
CREATE INDEX contradictions_open ON contradictions (topic, issue) WHERE closed IS NULL;
CREATE TABLE sketches (
    n INTEGER PRIMARY KEY, article INTEGER NOT NULL UNIQUE REFERENCES articles,
    sketch TEXT NOT NULL);
CREATE VIRTUAL TABLE bands USING fts5 (keys, content = '', detail = none, columnsize = 0);
CREATE TABLE alerts (
    id TEXT PRIMARY KEY, created INTEGER NOT NULL, topic TEXT, rule TEXT NOT NULL,
    article_id TEXT, repeats INTEGER NOT NULL, alert TEXT NOT NULL);
CREATE INDEX alerts_by_time ON alerts (created);
CREATE INDEX alerts_of_topic ON alerts (topic, created);
CREATE INDEX alerts_of_rule ON alerts (rule, created);
CREATE TABLE repeats (
    alert_id TEXT REFERENCES alerts, article_id TEXT,
    PRIMARY KEY (alert_id, article_id)) WITHOUT ROWID;
CREATE TABLE deliveries (
    alert_id TEXT REFERENCES alerts, channel TEXT, state TEXT NOT NULL, rule TEXT NOT NULL,
    created INTEGER NOT NULL, next_try INTEGER NOT NULL, sent_at INTEGER, delivery TEXT NOT NULL,
    PRIMARY KEY (alert_id, channel)) WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (created, alert_id) WHERE state = 'pending';
CREATE INDEX deliveries_sent ON deliveries (channel, rule, sent_at) WHERE state = 'sent';
CREATE TABLE leases (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO feeds (url, feed) VALUES ('https://one.test/rss', '{"feed_url":"https://one.test/rss","etag":"\"1\"","interval_s":900.0,"last_success":"2025-05-10T12:00:00+00:00"}');
INSERT INTO polls (n, feed_url, at, digest, poll) VALUES (1, 'https://one.test/rss', 1746878460000000, '176449e1dc88fa24f400', '{"feed_url":"https://one.test/rss","at":"2025-05-10T12:01:00+00:00","outcome":"ok","status":200,"entries":1,"new":1}');
INSERT INTO articles (n, id, at, stage, baseline, matched, version, fingerprint, feed_url, outlet, agency, origin, compared, article) VALUES (1, 'article-0001', 1746878460000000, 'done', 0, 1, 1, 'shown-1', 'https://one.test/rss', 'The One', NULL, NULL, '46f9eb67078c634b6475', '{"id":"article-0001","url":"https://one.test/1","feed_url":"https://one.test/rss","outlet":"The One","title":"Envoys meet on the river, part 1","summary":"A short summary.","text_from":"page","country":"AA","language":"en","published":"2025-05-10T12:01:00+00:00","published_from":"pubDate","first_seen":"2025-05-10T12:01:00+00:00","version":1,"fingerprint":"shown-1","text_hash":"333e0acf7b8cc80cc0d4","topics":["valley"],"credit":{}}');
INSERT INTO articles (n, id, at, stage, baseline, matched, version, fingerprint, feed_url, outlet, agency, origin, compared, article) VALUES (2, 'article-0002', 1746878520000000, 'scrape', 0, 1, 1, 'shown-2', 'https://one.test/rss', 'The One', NULL, NULL, NULL, '{"id":"article-0002","url":"https://one.test/2","feed_url":"https://one.test/rss","outlet":"The One","title":"Envoys meet on the river, part 2","summary":"A short summary.","country":"AA","language":"en","published":"2025-05-10T12:02:00+00:00","published_from":"pubDate","first_seen":"2025-05-10T12:02:00+00:00","version":1,"fingerprint":"shown-2","topics":["valley"],"credit":{}}');
INSERT INTO topics (topic, article) VALUES ('valley', 1);
INSERT INTO topics (topic, article) VALUES ('valley', 2);
INSERT INTO versions (article, number, seen_at, forgotten, title, text_hash, text_from, diff, text) VALUES (1, 1, 1746878460000000, 0, 'Envoys meet on the river, part 1', '333e0acf7b8cc80cc0d4', 'page', '', 'The minister said talks would go on.');
INSERT INTO versions (article, number, seen_at, forgotten, title, text_hash, text_from, diff, text) VALUES (2, 1, 1746878520000000, 0, 'Envoys meet on the river, part 2', '', NULL, '', '');
INSERT INTO claims (n, id, article, current, version, place, claim) VALUES (57241713377280000, 'claim-0001', 1, 1, 1, 0, '{"id":"claim-0001","article_id":"article-0001","version":1,"outlet":"The One","said_at":"2025-05-10T12:01:00+00:00","source":{"start":0,"end":12},"cue":{"start":13,"end":17},"content":[{"start":18,"end":35}],"source_text":"The minister","cue_text":"said","text":"talks would go on","quote_type":"indirect","chain":[{"name":"The One","kind":"outlet"},{"name":"Ada Minister","kind":"person","countries":["AA"]}],"speaker":"Ada Minister","speaker_kind":"person","countries":["AA"],"act":"offer","theme":"mediation","modality":"actual","polarity":"positive","object":"river","confidence":0.75,"found_by":"model","extractor":"1","topics":["valley"]}');
INSERT INTO decisions (article, claim_id, topic, key, novelty, decision) VALUES (1, 'claim-0001', 'valley', 'AA | offer | river', 'new', '{"claim_id":"claim-0001","topic":"valley","novelty":"new","reason":"first","key":"AA | offer | river"}');
INSERT INTO propositions (id, topic, issue, proposition) VALUES ('proposition-0001', 'valley', 'river', '{"id":"proposition-0001","topic":"valley","key":"AA | offer | river","party":"AA","issue":"river","act":"offer","slots":[["modality","actual"]],"first_claim":"claim-0001","last_claim":"claim-0001","first_stated":"2025-05-10T12:00:00+00:00","last_stated":"2025-05-10T12:00:00+00:00","times":1,"text":"talks would go on"}');
INSERT INTO positions (id, topic, issue, party, since, until, position) VALUES ('position-0001', 'valley', 'river', 'AA', 1746878460000000, NULL, '{"id":"position-0001","topic":"valley","party":"AA","issue":"river","act":"offer","modality":"actual","since":"2025-05-10T12:01:00+00:00","claim_id":"claim-0001","speaker":"Ada Minister","via":["The One","Ada Minister"],"text":"talks would go on","last_stated":"2025-05-10T12:01:00+00:00","times":1}');
INSERT INTO contradictions (id, topic, issue, opened, closed, contradiction) VALUES ('contradiction-0001', 'valley', 'river', 1746878460000000, NULL, '{"id":"contradiction-0001","topic":"valley","issue":"river","claim_a":"claim-0001","claim_b":"claim-0002","party_a":"AA","party_b":"BB","act_a":"offer","act_b":"deny","opened":"2025-05-10T12:01:00+00:00","reason":"cross_party"}');
INSERT INTO sketches (n, article, sketch) VALUES (57241713377280000, 1, '{"article_id":"article-0001","bands":["0:aa","1:1"],"signature":"0101010101010101","length":120}');
INSERT INTO alerts (id, created, topic, rule, article_id, repeats, alert) VALUES ('alert-0001', 1746878460000000, 'valley', 'any offer', 'article-0001', 0, '{"id":"alert-0001","rule":"any offer","kind":"claim","topic":"valley","created":"2025-05-10T12:01:00+00:00","headline":"AA offers talks on the river","body":"The receipt.","claim_id":"claim-0001","article_id":"article-0001","novelty":"new","receipt":{"words":"talks would go on","outlets":2,"nearest":null},"story":"story-1"}');
INSERT INTO deliveries (alert_id, channel, state, rule, created, next_try, sent_at, delivery) VALUES ('alert-0001', 'file', 'pending', 'any offer', 1746878460000000, 1746878460000000, NULL, '{"alert_id":"alert-0001","channel":"file","state":"pending","next_try":"2025-05-10T12:01:00+00:00"}');
INSERT INTO deliveries (alert_id, channel, state, rule, created, next_try, sent_at, delivery) VALUES ('alert-0001', 'terminal', 'pending', 'any offer', 1746878460000000, 1746878460000000, NULL, '{"alert_id":"alert-0001","channel":"terminal","state":"pending","next_try":"2025-05-10T12:01:00+00:00"}');
INSERT INTO notes (name, value) VALUES ('name', 'value');
INSERT INTO words (rowid, text, title, facets) VALUES (57241713377280000, 'talks would go on', 'envoys meet on the river, part 1', 'fa32b15775e4f98ce1c21 fe4f7c471a971e668406e f0c869d555845693c35e7 f818678afffda1b09af42 fe94b86e2e40ad866f042 fd10a19a845af5eefa8e3 fcf5f9a1908dc881aaec5 fdaa0fa6af52183fe2708 f6b3e081c069f6aa8dc31 fc9a6ebe3771cfaff8756 fdeac52e8fe63266c7980 f8094b76908775c915688');
INSERT INTO bands (rowid, keys) VALUES (57241713377280000, 'be664b3b748a44be2b9b1 bc56b7447419eab13bbf9');
