"""A loopback server in a node's place that gives the answers it was given."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pipeline.stores.elasticsearch.address import parse
from pipeline.stores.elasticsearch.cluster import Cluster

Answer = tuple[int, dict[str, Any]]


class Moody:
    """A loopback server that gives the answers it was given, then the last one for ever."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.credentials: list[str] = []
        moody = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                moody.asked.append(body.decode())
                moody.credentials.append(self.headers["Authorization"] or "")
                status, answer = moody.answers[0]
                if len(moody.answers) > 1:
                    moody.answers.pop(0)
                if status == 0:  # the answer gets lost
                    self.close_connection = True
                    return
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("X-Elastic-Product", "Elasticsearch")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST  # noqa: N815 - the names the server asks for

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who breaks off says why
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.waits: list[float] = []
        self.place = f"127.0.0.1:{self.server.server_address[1]}/x"
        self.scheme = "http" if tls is None else "https"
        address = parse(f"http://{self.place}", environ={})
        self.cluster = Cluster(address, patience_s=10, pause=self.waits.append)

    def close(self) -> None:
        self.cluster.close()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
