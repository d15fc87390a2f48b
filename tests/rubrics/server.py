"""A local OpenAI-compatible endpoint that answers, stalls, errs, babbles or lies, as a test scripts it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]
"""Answers one request, whose body is given."""


@dataclass
class Script:
    """What the server does with each request in turn; the last goes on for ever."""

    behaviours: list[Behaviour]
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Of the requests that came."""
    keys: list[str] = field(default_factory=list)
    """Their Authorization headers."""
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[Script]:
    """A server on a free port, for as long as the context lasts."""
    script = Script(list(behaviours))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with script.lock:
                behaviour = script.behaviours[min(len(script.bodies), len(script.behaviours) - 1)]
                script.bodies.append(body)
                script.keys.append(self.headers.get("Authorization", ""))
            with suppress(OSError):  # the client may have gone
                behaviour(self, body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def raw(status: int, body: bytes, *headers: tuple[str, str]) -> Behaviour:
    """Answer with just this."""

    def behave(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def completion(text: str, *, finish: str = "stop", tokens: tuple[int, int] | None = (100, 10)) -> bytes:
    """A chat completion's body."""
    usage = {} if tokens is None else {"usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}}
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": finish}], **usage}).encode()


def says(text: str, *, finish: str = "stop", tokens: tuple[int, int] | None = (100, 10)) -> Behaviour:
    """Answer with a text; `CODE` in it becomes the code that the request asks for."""

    def behave(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked = re.findall(r"VERDICT ([0-9a-f]{16}):", body["messages"][0]["content"])
        raw(200, completion(text.replace("CODE", asked[-1] if asked else ""), finish=finish, tokens=tokens))(
            handler, body
        )

    return behave


def stalls(seconds: float) -> Behaviour:
    """Say nothing until the client has gone."""

    def behave(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        handler.connection.settimeout(seconds)
        handler.connection.recv(1)

    return behave
