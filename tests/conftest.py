"""Fixtures every test file may use: `web`, a loopback web server."""

pytest_plugins = ("tests.webserver",)
