#!/usr/bin/env python3
"""A WSGI application behind Countersign, with nothing but the standard library.

    COUNTERSIGN_SECRET=cs1s_… python3 wsgi_app.py
"""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Iterable

import countersign as cs


def orders(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The protected application. It reads the request as any other would; what was proved is in the environ."""
    outcome: cs.Outcome = environ["countersign"]
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    answer = {
        "owner": outcome.owner,
        "scope": outcome.scope,
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "body": body.decode(),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def scope_of(head: cs.CheckedHead) -> str:
    """What a request is for, by its signed path. What is not known here is refused."""
    if head.path == "/v1/orders" or head.path.startswith("/v1/orders/"):
        return "orders"
    raise LookupError(head.path)


def create_app(verifier: cs.Verifier) -> cs.Middleware:
    return cs.Middleware(orders, verifier, scope=scope_of)


if __name__ == "__main__":
    verifier = cs.Verifier(
        {"partner_1": cs.Key(os.environ["COUNTERSIGN_SECRET"], ["orders"], owner="acme")},
        audience="api.example.com",
        limits={"*": "1000/m", "orders": "60/m"},
    )
    server = cs.make_server(create_app(verifier), port=8000)
    print(f"http://127.0.0.1:{server.server_port}/v1/orders")
    server.serve_forever()
