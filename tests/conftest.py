"""Fixtures every test file may use: `web`, a loopback web server; `elasticsearch_url`, a node."""

pytest_plugins = ("tests.elasticsearch_node", "tests.webserver")
