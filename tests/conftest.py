"""Fixtures every test file may use: `web`, a loopback web server; `elasticsearch_url`, a node.

Where everything is required (CI), generated examples are the same in every run; elsewhere they
are drawn anew, which is how new trouble is found.
"""

import os

from hypothesis import settings

pytest_plugins = ("tests.elasticsearch_node", "tests.webserver")

settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("TRUCELINE_REQUIRE_ALL"):
    settings.load_profile("ci")
