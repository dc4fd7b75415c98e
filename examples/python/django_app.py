#!/usr/bin/env python3
"""A Django application (3.2 or later) behind Countersign: each view names its scope, and none is left out by mistake.

    COUNTERSIGN_SECRET=cs1s_… python3 django_app.py

In a project of your own: ``CountersignMiddleware`` into ``MIDDLEWARE``, first but for what only logs, a ``Verifier`` as
``COUNTERSIGN`` into the settings, ``@signed`` on the views.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import Any, Callable, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.cache import patch_vary_headers

import countersign as cs

View = TypeVar("View", bound=Callable[..., Any])


def signed(scope: cs.RouteScope, **route: Any) -> Callable[[View], View]:
    """Marks a view: what it is for, and ``children`` and ``cost`` as in ``Verifier.verify``."""

    def mark(view: View) -> View:
        view.countersign = {"scope": scope, **route}  # type: ignore[attr-defined]
        return view

    return mark


class CountersignMiddleware:
    """Lets admitted requests through alone. A view that was not marked is a mistake, and answered with 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._verifier: cs.Verifier = settings.COUNTERSIGN

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        outcome = getattr(request, "countersign", None)
        if outcome is not None:
            for name, value in cs.answer_fields(outcome, response.items(), self._verifier.field):
                if name == "Vary":
                    patch_vary_headers(response, [value])
                else:
                    response[name] = value
        return response

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        route = getattr(view, "countersign", None)
        if route is None:
            raise ImproperlyConfigured(f"the view {view.__name__} has no @signed")
        outcome = self._verifier.verify(
            request.environ["REQUEST_METHOD"],
            cs.wsgi_target(request.environ),
            cs.wsgi_headers(request.environ),
            body=lambda: read_body(request),
            address=request.META.get("REMOTE_ADDR"),
            **route,
        )
        if not outcome.ok:
            headers = {**dict(outcome.headers), "Content-Length": str(len(outcome.content))}
            return HttpResponse(outcome.content, status=outcome.status, headers=headers)
        request.countersign = outcome
        return None


def read_body(request: HttpRequest) -> bytes:
    """Reads and keeps the body: ``request.POST`` and ``FILES`` work on it afterwards."""
    cs.check_framing(request.environ)
    try:
        return request.body
    except RequestDataTooBig as error:  # DATA_UPLOAD_MAX_MEMORY_SIZE
        raise cs.BodyTooLarge from error


@signed("orders")
def orders(request: HttpRequest) -> HttpResponse:
    outcome: cs.Outcome = request.countersign
    body = json.loads(request.body) if request.content_type == "application/json" else request.body.decode()
    query = request.META["QUERY_STRING"]
    return JsonResponse(
        {"owner": outcome.owner, "scope": outcome.scope, "path": request.path, "query": query, "body": body}
    )


urlpatterns = [path("v1/orders", orders)]


def create_app(verifier: cs.Verifier) -> Callable[..., Any]:
    settings.configure(
        ALLOWED_HOSTS=["api.example.com", "127.0.0.1"],
        SECRET_KEY=secrets.token_urlsafe(),
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[f"{__name__}.CountersignMiddleware"],
        COUNTERSIGN=verifier,
    )
    return get_wsgi_application()


if __name__ == "__main__":
    verifier = cs.Verifier(
        {"partner_1": cs.Key(os.environ["COUNTERSIGN_SECRET"], ["orders"], owner="acme")},
        audience="api.example.com",
        limits={"*": "1000/m", "orders": "60/m"},
    )
    server = cs.make_server(create_app(verifier), port=8000)
    print(f"http://127.0.0.1:{server.server_port}/v1/orders")
    server.serve_forever()
