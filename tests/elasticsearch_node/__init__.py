"""A real Elasticsearch node for tests, assembled from its Maven artifacts.

`ELASTICSEARCH_URL` names a running one to use instead. Jars are fetched once and kept in
~/.cache/truceline-tests (`TRUCELINE_TEST_CACHE` names another folder). By hand, a node that
ends with ctrl-D: `python -m tests.elasticsearch_node FOLDER 9200`. Its heap is 512 MB, enough
for tests; `TRUCELINE_TEST_HEAP=2g` gives it another, for measurements.

Where Java 21 or Maven is missing, tests that need a node are NOT RUN, and say so; with
`TRUCELINE_REQUIRE_ALL=1` they fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ports import free_port

HERE = Path(__file__).parent
OLDEST_JAVA = 21
HEAP = "512m"
START_S = 120.0
_VERSION = re.compile(r"<elasticsearch.version>([^<]+)<")
# What Elasticsearch itself keeps out of the server's module layer: they belong to the transport.
_MODULE_ONLY = ("netty-", "transport-netty4-")
_UNUSED = ("commons-", "http", "elasticsearch-rest-client-")


class Missing(Exception):
    """What a node needs is not on this machine."""


@dataclass(frozen=True)
class Node:
    """A running node. `kill` ends it as a power cut would, `close` in good order."""

    process: subprocess.Popen[str]
    url: str
    transport: int
    home: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None and self.process.stdin:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None and not stream.closed:
                stream.close()


def java_home() -> Path:
    """Return the home of a Java new enough: JAVA_HOME, PATH, then its neighbours."""
    candidates = [os.environ.get("ELASTICSEARCH_JAVA_HOME"), os.environ.get("JAVA_HOME")]
    on_path = shutil.which("javac")
    homes = [Path(home) for home in candidates if home]
    homes += [Path(on_path).resolve().parents[1]] if on_path else []
    homes += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    for home in homes:
        if (home / "bin" / "javac").exists() and _java_version(home) >= OLDEST_JAVA:
            return home
    raise Missing(f"a JDK {OLDEST_JAVA} or newer (set ELASTICSEARCH_JAVA_HOME)")


def _java_version(home: Path) -> int:
    release = home / "release"
    text = release.read_text("utf-8", "replace") if release.exists() else ""
    found = re.search(r'JAVA_VERSION="(\d+)', text)
    return int(found.group(1)) if found else 0


def assembled() -> Path:
    """Return the folder of jars and the compiled starter, made on the first call."""
    found = _VERSION.search((HERE / "pom.xml").read_text("utf-8"))
    assert found, "pom.xml names no version"
    version = found.group(1)
    cache = os.environ.get("TRUCELINE_TEST_CACHE") or Path.home() / ".cache" / "truceline-tests"
    place = Path(cache) / f"elasticsearch-{version}"
    java = java_home()
    if not (place / "jars").exists():
        if shutil.which("mvn") is None:
            raise Missing("Maven")
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            half = Path(folder) / "half"
            _fetch(half, version)
            try:
                half.rename(place)
            except OSError:
                assert (place / "jars").exists()  # another run was faster
    _compile(java, place)
    _add_languages(java, place)
    return place


def _add_languages(java: Path, place: Path) -> None:
    """Make the plugin with the analysis of languages, which no artifact has, a module of nodes."""
    source, module = HERE / "Languages.java", place / "modules" / "analysis-languages"
    made = module / "plugin-descriptor.properties"
    if made.exists() and made.stat().st_mtime >= source.stat().st_mtime:
        return
    with tempfile.TemporaryDirectory(dir=place) as folder:
        classes, half = Path(folder) / "classes", Path(folder) / "module"
        half.mkdir()
        jars = os.pathsep.join(map(str, (place / "server").glob("*.jar")))
        command = [str(java / "bin" / "javac"), "-cp", jars, "-d", str(classes), str(source)]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(half / "languages.jar", "w") as jar:
            for one in classes.glob("*.class"):
                jar.write(one, one.name)
        version = place.name.rpartition("-")[2]
        (half / made.name).write_text(
            f"""description=Analysis of languages
version={version}
name=analysis-languages
classname=Languages
java.version={OLDEST_JAVA}
elasticsearch.version={version}
""",
            "utf-8",
        )
        shutil.rmtree(module, ignore_errors=True)
        try:
            half.rename(module)
        except OSError:
            assert made.exists()  # another run was faster


def _fetch(place: Path, version: str) -> None:
    jars, server = place / "jars", place / "server"
    module = place / "modules" / "transport-netty4"
    for folder in (jars, server, module):
        folder.mkdir(parents=True)
    command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={jars}"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Missing(f"Elasticsearch's artifacts: {done.stdout.strip()[-300:]}")
    for jar in jars.glob("*.jar"):
        if jar.name.startswith(_MODULE_ONLY):
            shutil.copy(jar, module)
        elif not jar.name.startswith(_UNUSED):
            shutil.copy(jar, server)
    (module / "plugin-descriptor.properties").write_text(
        f"""description=Netty transport
version={version}
name=transport-netty4
classname=org.elasticsearch.transport.netty4.Netty4Plugin
java.version={OLDEST_JAVA}
elasticsearch.version={version}
modulename=org.elasticsearch.transport.netty4
""",
        "utf-8",
    )


def _compile(java: Path, place: Path) -> None:
    source, classes = HERE / "EsNode.java", place / "classes"
    made = classes / "EsNode.class"
    if made.exists() and made.stat().st_mtime >= source.stat().st_mtime:
        return
    modules = ["--module-path", str(place / "server"), "--add-modules", "org.elasticsearch.server"]
    subprocess.run(
        [str(java / "bin" / "javac"), *modules, "-d", str(classes), str(source)], check=True
    )


def start(
    home: Path, *settings: str, http: int | None = None, transport: int | None = None
) -> Node:
    """Start a node in `home` and wait until it answers."""
    place, java = assembled(), java_home()
    http, transport = http or free_port(), transport or free_port()
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "lib").mkdir(exist_ok=True)
    if not (home / "modules").exists():
        shutil.copytree(place / "modules", home / "modules")
    joins = any(one.startswith(("discovery.", "cluster.initial")) for one in settings)
    alone = [] if joins else ["discovery.type=single-node"]
    options = [
        "-Xms128m", f"-Xmx{os.environ.get('TRUCELINE_TEST_HEAP', HEAP)}", f"-Des.path.home={home}",
        "--module-path", str(place / "server"), "--add-modules", "ALL-MODULE-PATH",
        "--add-opens=java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
        "-cp", str(place / "classes"),
    ]  # fmt: skip
    named = [f"node.name=node-{http}", f"http.port={http}", f"transport.port={transport}"]
    log = (home / "log").open("ab")
    with log:
        process = subprocess.Popen(
            [str(java / "bin" / "java"), *options, "EsNode", str(home), *named, *alone, *settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    node = Node(process, f"http://127.0.0.1:{http}", transport, home)
    try:
        _wait(node)
    except BaseException:
        node.kill()
        node.close()
        raise
    return node


def _wait(node: Node) -> None:
    assert node.process.stdout is not None
    lines = iter(node.process.stdout.readline, "")
    deadline = time.monotonic() + START_S
    for line in lines:
        if line.strip() == "STARTED":
            return
        if time.monotonic() > deadline:
            break
    said = (node.home / "log").read_text("utf-8", "replace")[-2000:]
    raise RuntimeError(f"the node did not start: {said}")


# -- fixtures ---------------------------------------------------------------------------------


def not_run(why: Missing) -> None:
    """End a test that needs what is not here: it is no pass, and in CI a failure."""
    said = f"NOT RUN: Elasticsearch tests need {why}"
    if os.environ.get("TRUCELINE_REQUIRE_ALL") == "1":
        pytest.fail(said)
    pytest.skip(said)


@pytest.fixture(scope="session")
def elasticsearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running node, without a prefix."""
    running = os.environ.get("ELASTICSEARCH_URL")
    if running:
        yield running.rstrip("/")
        return
    try:
        node = start(tmp_path_factory.mktemp("elasticsearch"))
    except Missing as why:
        not_run(why)
        return
    yield node.url
    node.close()


def emptied(url: str, prefix: str) -> str:
    """Return the URL of an empty store in the node at `url`."""
    found = f"{url}/{prefix}"
    wipe(found)
    return found


def wipe(url: str) -> None:
    """Delete every document under the prefix of `url`; the indices stay, which is quicker."""
    from elasticsearch import Elasticsearch

    place, _, prefix = url.rpartition("/")
    with Elasticsearch(place) as client:
        there = list(client.indices.get(index=f"{prefix}-*-v*", allow_no_indices=True))
        if not there:
            return
        client.indices.refresh(index=there)
        while hits := client.search(index=there, size=5_000, source=False)["hits"]["hits"]:
            gone = [{"delete": {"_index": hit["_index"], "_id": hit["_id"]}} for hit in hits]
            client.bulk(operations=gone, refresh=True)


def remove(url: str) -> None:
    """Delete the indices and templates under the prefix of `url`."""
    from elasticsearch import Elasticsearch

    place, _, prefix = url.rpartition("/")
    with Elasticsearch(place) as client:
        for index in client.indices.get(index=f"{prefix}-*v*", allow_no_indices=True):
            client.indices.delete(index=index)
        tolerant = client.options(ignore_status=404)  # there is none
        found = tolerant.indices.get_index_template(name=f"{prefix}-*")
        for template in found.body.get("index_templates", ()):
            client.indices.delete_index_template(name=template["name"])
