#!/usr/bin/env python3
"""A Flask application (2.2 or later) behind Countersign: each view names its scope, and none is left out by mistake.

    COUNTERSIGN_SECRET=cs1s_… python3 flask_app.py
"""

from __future__ import annotations

import io
import os
from typing import Any, Callable, TypeVar

from flask import Flask, Response, current_app, g, jsonify, request

import countersign as cs

View = TypeVar("View", bound=Callable[..., Any])


def signed(scope: cs.RouteScope, **route: Any) -> Callable[[View], View]:
    """Marks a view: what it is for, and ``children`` and ``cost`` as in ``Verifier.verify``."""

    def mark(view: View) -> View:
        view.countersign = {"scope": scope, **route}  # type: ignore[attr-defined]
        return view

    return mark


def protect(app: Flask, verifier: cs.Verifier) -> None:
    """Lets admitted requests through alone. A view that was not marked is a mistake, and answered with 500."""

    @app.before_request
    def verify() -> Response | None:
        if request.endpoint is None:
            return None  # no such route: Flask's own 404 or 405
        route = getattr(current_app.view_functions[request.endpoint], "countersign", None)
        if route is None:
            raise RuntimeError(f"the view {request.endpoint} has no @signed")
        outcome = verifier.verify(
            request.method,
            cs.wsgi_target(request.environ),
            cs.wsgi_headers(request.environ),
            body=lambda: read_body(verifier.max_body_bytes),
            address=request.remote_addr,
            **route,
        )
        if not outcome.ok:
            return Response(outcome.content, outcome.status, list(outcome.headers))
        g.countersign = outcome
        return None

    @app.after_request
    def add_fields(response: Response) -> Response:
        outcome = g.get("countersign")
        if outcome is not None:
            for name, value in cs.answer_fields(outcome, response.headers, verifier.field):
                response.headers.add(name, value)
        return response


def read_body(most: int) -> bytes:
    """Reads at most so much, also where a server marks the end of a body and tells no length, and gives it back:
    ``request.json``, ``form`` and ``files`` work on it afterwards."""
    content = cs.wsgi_body(request.environ, most)
    request.environ["wsgi.input"] = io.BytesIO(content)
    request.environ["CONTENT_LENGTH"] = str(len(content))
    request.environ.pop("HTTP_TRANSFER_ENCODING", None)
    return content


def create_app(verifier: cs.Verifier) -> Flask:
    app = Flask(__name__, static_folder=None)  # static files would be a view without a mark
    protect(app, verifier)

    @app.route("/v1/orders", methods=["GET", "POST"])
    @signed("orders")
    def orders() -> Response:
        outcome: cs.Outcome = g.countersign
        body = request.get_json() if request.is_json else request.get_data(as_text=True)
        query = request.query_string.decode()
        return jsonify(owner=outcome.owner, scope=outcome.scope, path=request.path, query=query, body=body)

    return app


if __name__ == "__main__":
    verifier = cs.Verifier(
        {"partner_1": cs.Key(os.environ["COUNTERSIGN_SECRET"], ["orders"], owner="acme")},
        audience="api.example.com",
        limits={"*": "1000/m", "orders": "60/m"},
    )
    server = cs.make_server(create_app(verifier), port=8000)
    print(f"http://127.0.0.1:{server.server_port}/v1/orders")
    server.serve_forever()
