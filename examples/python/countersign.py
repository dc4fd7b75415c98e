#!/usr/bin/env python3
"""Countersign's protocol CS1-HMAC-SHA256 in one file of standard-library Python: client and verifier.

Written from the specification (docs/spec.md), in the order of its sections:

    2  the wire protocol      ``check_head``, ``Signer``, verdicts
    3  verification           ``Key``, ``Verifier``, ``Middleware`` (WSGI)
    4  client behaviour       ``Client``: one call, one signature
    5  budgets                rates, the path through the tree, strict windows
    6  stores                 ``MemoryStore``: nonces and budgets, one atomic step
    7  vectors                ``countersign.py vectors``; and the command line

What is left out, on purpose:

- Memory that several processes share, or that lasts. A ``MemoryStore`` belongs to one process: behind a server with
  several worker processes each would have nonces and budgets of its own, and a request could be admitted once in
  each. Run one process with threads, or write a store with the methods of ``MemoryStore`` on what you share.
- The deadline of admission: ``MemoryStore`` never waits. A store that does has to give up by itself, and raise.
- ``body-timeout``: a WSGI application cannot stop a read. Set the server's socket timeout; its ``TimeoutError`` is told.
- Admission before the body was read (section 3, streams), and the debug exchange (section 8).
- In the client: pacing by RateLimit fields, redirects, request bodies that are not ``bytes``.

Texts that came off the wire are ``str`` with one character per byte (latin-1), as ``http.server``,
WSGI and ``http.client`` give them. Times are Unix milliseconds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import heapq
import hmac
import http
import http.client
import io
import ipaddress
import json
import math
import os
import random
import re
import socket
import socketserver
import string
import sys
import threading
import time
import uuid
import wsgiref.simple_server
from collections import deque
from dataclasses import dataclass, field as member
from typing import Any, Callable, Iterable, Mapping, Sequence, TypeVar, Union

SCHEME = "CS1-HMAC-SHA256"
VERDICT_SCHEME = "CS1-VERDICT-HMAC-SHA256"
SECRET_PREFIX = "cs1s_"
MIN_SECRET_BYTES = 32
MAX_VALUE_BYTES = 2048
MAX_SIGNED_NAMES = 16
MAX_QUERY_PIECES = 1000
EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()

Headers = Sequence[tuple[str, str]]


class Refused(ValueError):
    """A request that the protocol refuses. ``code`` is stable, ``detail`` is for people.

    The other members are for a verifier's answer: the wait, since when the signature is dead for good, the budgets.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        retry_after_ms: int | None = None,
        dead_since: int | None = None,
        levels: Sequence[Level] = (),
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry_after_ms = retry_after_ms
        self.dead_since = dead_since
        self.levels = tuple(levels)


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


def monotonic_ms() -> float:
    return time.monotonic() * 1000


def _lower(text: str) -> str:
    """Lower-case A-Z and nothing else: ``str.lower`` would turn U+212A into ``k``."""
    return text.translate(_ASCII_LOWER)


_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


# === 2 The wire protocol ==========================================================================

# --- 2.2 method, audience, target -----------------------------------------------------------------

_METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
_AUTHORITY = re.compile(r"([A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?")


def check_method(method: str) -> str:
    if not _METHOD.fullmatch(method):
        raise Refused("malformed-request", "the method is not 1 to 32 of A-Z and -, a letter first")
    return method


def canonical_authority(text: str) -> str | None:
    """Lower-cased, without port 80 or 443; ``None`` if the text is outside the grammar."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    host, port = match.groups()
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return None
    if port is not None and int(port) > 65535:
        return None
    host = _lower(host)
    return host if port in (None, "80", "443") else f"{host}:{port}"


@dataclass(frozen=True)
class Target:
    """A canonical request target; ``authority`` only when the target was in absolute form."""

    path: str
    query: str
    authority: str | None = None


_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_PATH_REST = re.compile(r"%(?:[0-9A-Fa-f]{2})?|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]")
_QUERY_REST = re.compile(r"%(?:[0-9A-Fa-f]{2})?|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?]")
_ABSOLUTE = re.compile(r"https?://([^/?]*)", re.IGNORECASE | re.ASCII)


def canonical_target(target: str) -> Target:
    """The canonical path and query of a raw request target, in origin or absolute form."""
    authority = None
    absolute = _ABSOLUTE.match(target)
    if absolute is not None:
        authority = canonical_authority(absolute[1])
        if authority is None:
            raise Refused("malformed-target", "the authority of the absolute target is outside the grammar")
        target = target[absolute.end() :]
        if not target.startswith("/"):
            target = "/" + target
    elif not target.startswith("/"):
        raise Refused("malformed-target", "the target is neither in origin form nor in http(s) absolute form")
    raw_path, _, raw_query = target.partition("?")
    path = canonical_path(raw_path)
    query = canonical_query(raw_query)
    _refuse_dot_segments(path)
    return Target(path, query, authority)


def canonical_path(path: str) -> str:
    """One spelling per path. Dot segments are not looked at here; ``canonical_target`` refuses them."""

    def respell(match: re.Match[str]) -> str:
        found = match[0]
        if len(found) == 3:
            if int(found[1:], 16) < 0x20 or found in ("%7F", "%7f"):
                raise Refused("malformed-target", f"the path has an encoded control character, {found}")
        elif found == "\\":
            raise Refused("malformed-target", "the path has a raw backslash")
        return _respell(found)

    return _PATH_REST.sub(respell, path)


def canonical_query(query: str) -> str:
    """One spelling per query, its pieces in stable order of their root names."""
    pieces = _QUERY_REST.sub(lambda match: _respell(match[0]), query).split("&")
    if len(pieces) > MAX_QUERY_PIECES:
        raise Refused("malformed-target", f"the query has more than {MAX_QUERY_PIECES} pieces")
    return "&".join(sorted(pieces, key=root_name))


def _respell(found: str) -> str:
    """The canonical spelling of one ``%XX`` or of one character that may not stay as it is."""
    if len(found) == 3:
        char = chr(int(found[1:], 16))
        return char if char in _UNRESERVED else found.upper()
    if found == "%":
        raise Refused("malformed-target", "a % is not followed by two hex digits")
    if found == "#" or not "!" <= found <= "~":
        raise Refused("malformed-target", f"a raw character {ord(found):#04x} stands in the target")
    return f"%{ord(found):02X}"


def _refuse_dot_segments(path: str) -> None:
    for piece in re.split(r"/|%2F|%5C", path):
        if piece.partition(";")[0] in (".", ".."):
            raise Refused("ambiguous-target", "the path has a dot segment")


def root_name(piece: str) -> bytes:
    """The sort key of one query piece: pieces that some parser could take for one parameter share it."""
    name = re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda match: bytes([int(match[1], 16)]),
        piece.partition("=")[0].replace("+", " ").encode("latin-1"),
    )
    if name[:1] in (b"[", b"."):
        return name[:1]
    return re.split(rb"[\[.]", name, maxsplit=1)[0]


# --- 2.1, 2.2 scope and signed fields -------------------------------------------------------------

_SEGMENT = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")

_UNSIGNABLE = frozenset(
    "host connection content-length transfer-encoding te trailer upgrade keep-alive accept-encoding"
    " via forwarded cookie set-cookie".split()
)
_UNSIGNABLE_PREFIXES = ("x-forwarded-", "proxy-")

_COVERED = (
    "content-type content-encoding idempotency-key x-http-method-override x-http-method"
    " x-method-override x-original-url x-rewrite-url"
).split()
_SIGNED_WHEN_PRESENT = [*_COVERED, "if-match", "if-none-match", "if-unmodified-since", "range"]


def is_scope(text: str) -> bool:
    """Whether the text is empty or 1 to 8 segments joined by ``:``, 128 bytes at most."""
    if text == "":
        return True
    segments = text.split(":")
    return len(text) <= 128 and len(segments) <= 8 and all(_SEGMENT.fullmatch(part) for part in segments)


def is_unsignable(name: str, field: str = "authorization") -> bool:
    """Whether hops change this (lower-case) field, or it is the one that carries the signature."""
    return name in _UNSIGNABLE or name.startswith(_UNSIGNABLE_PREFIXES) or name == field


def signed_value(headers: Headers, name: str) -> str:
    """The value of a signed field, trimmed. It must stand on exactly one field line."""
    values = _values(headers, name)
    if len(values) != 1:
        raise Refused("malformed-request", f"the signed field {name} stands on {len(values)} lines, not on one")
    value = values[0].strip(" \t")
    if not _FIELD_VALUE.fullmatch(value):
        raise Refused("malformed-request", f"the signed field {name} is not visible ASCII, space and tab")
    return value


def canonical_string(
    *,
    method: str,
    audience: str,
    path: str,
    query: str,
    digest: str,
    ts: str,
    nonce: str,
    key: str,
    scope: str,
    signed: Iterable[tuple[str, str]],
) -> str:
    """Ten lines and one for each signed header. Every part has to be canonical already."""
    lines = [SCHEME, method, audience, path, query, digest, ts, nonce, key, scope]
    return "\n".join(lines + [f"{name}:{value}" for name, value in signed])


# --- 2.1 the signature field ----------------------------------------------------------------------


@dataclass(frozen=True)
class SignatureFields:
    """The seven parameters of the signature."""

    key: str
    ts: str
    nonce: str
    scope: str
    digest: str
    headers: tuple[str, ...]
    sig: str


_LEADING_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
_VALUE = re.compile(
    SCHEME + r' key="([A-Za-z0-9._~-]{1,64})", ts="([1-9][0-9]{12})",'
    r' nonce="([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", scope="([^"]*)",'
    r' digest="([0-9a-f]{64})", headers="([^"]*)", sig="([0-9a-f]{64})"'
)


def parse_authorization(value: str, field: str = "authorization") -> SignatureFields:
    """Read the field's value. ``field`` is the name of the field it stood in (unsignable itself)."""
    scheme = _LEADING_TOKEN.match(value)[0]  # type: ignore[index]  # matches the empty string, too
    if scheme not in ("", SCHEME):
        raise Refused("missing-signature", f"the field holds another scheme than {SCHEME}")
    if len(value) > MAX_VALUE_BYTES:
        raise Refused("malformed-signature", f"the value has more than {MAX_VALUE_BYTES} bytes")
    match = _VALUE.fullmatch(value)
    if match is None:
        raise Refused("malformed-signature", "the value is not the seven parameters in their one representation")
    key, ts, nonce, scope, digest, listed, sig = match.groups()
    if not is_scope(scope):
        raise Refused("malformed-signature", "the scope is outside the grammar")
    names = tuple(listed.split(";")) if listed else ()
    problem = _name_list_problem(names, field)
    if problem is not None:
        raise Refused("malformed-signature", problem)
    return SignatureFields(key, ts, nonce, scope, digest, names, sig)


def format_authorization(fields: SignatureFields) -> str:
    """The field's value; a round trip through ``parse_authorization`` says whether it is valid."""
    return (
        f'{SCHEME} key="{fields.key}", ts="{fields.ts}", nonce="{fields.nonce}", scope="{fields.scope}",'
        f' digest="{fields.digest}", headers="{";".join(fields.headers)}", sig="{fields.sig}"'
    )


def _name_list_problem(names: Sequence[str], field: str) -> str | None:
    if len(names) > MAX_SIGNED_NAMES:
        return f"more than {MAX_SIGNED_NAMES} fields are signed"
    for name in names:
        if not _FIELD_NAME.fullmatch(name):
            return "a signed name is not a lower-case token"
        if is_unsignable(name, field):
            return f"{name} cannot be signed"
    if any(one >= other for one, other in zip(names, names[1:])):
        return "the signed names are not in ascending order, each once"
    return None


# --- 2.3 secrets and MACs -------------------------------------------------------------------------


def decode_secret(secret: str | bytes) -> bytes:
    """The HMAC key of a secret: ``cs1s_`` and canonical base64url, or the bytes themselves."""
    if isinstance(secret, bytes):
        key = secret
    else:
        text = secret.removeprefix(SECRET_PREFIX)
        if text == secret or not re.fullmatch(r"[A-Za-z0-9_-]+", text) or len(text) % 4 == 1:
            raise TypeError(f"secret: expected {SECRET_PREFIX} and base64url without padding")
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if encode_secret(key) != secret:
            raise TypeError("secret: the base64url is not canonical (its unused bits are not zero)")
    if len(key) < MIN_SECRET_BYTES:
        raise TypeError(f"secret: fewer than {MIN_SECRET_BYTES} bytes")
    return key


def encode_secret(key: bytes) -> str:
    return SECRET_PREFIX + base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


def hmac_hex(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode("ascii"), hashlib.sha256).hexdigest()


# --- 2.2 a whole head: the first step of a verifier -----------------------------------------------


class AnyHost:
    """The audience policy that takes whatever was addressed. For development."""


ANY_HOST = AnyHost()
AudiencePolicy = Union[str, Sequence[str], AnyHost]


@dataclass(frozen=True)
class CheckedHead:
    """A request head that is well-formed. Nothing is proved yet: ``is_authentic`` or a ``Verifier`` does that.

    It holds what is signed and nothing else; ``signed`` are the signed fields, by their names in lower case.
    """

    fields: SignatureFields
    method: str
    audience: str
    path: str
    query: str
    signed: Mapping[str, str]
    canonical: str

    def is_authentic(self, secrets: Iterable[str | bytes]) -> bool:
        """Whether one of the secrets made the signature; constant time for each of them."""
        matches = [
            hmac.compare_digest(hmac_hex(decode_secret(secret), self.canonical), self.fields.sig)
            for secret in secrets
        ]
        return any(matches)


def check_head(
    method: str,
    target: str,
    headers: Headers,
    *,
    audience: AudiencePolicy,
    field: str = "authorization",
    require_signed: Iterable[str] = (),
) -> CheckedHead:
    """Parse a raw request head, or raise ``Refused`` with the first code that applies, in this order:
    missing-signature, malformed-signature, malformed-target, ambiguous-target, malformed-request,
    wrong-audience. ``headers`` are the raw field lines, ``:authority`` among them for HTTP/2.
    """
    return _check_head(method, target, headers, _accepted_audiences(audience), _lower(field), require_signed)


def _check_head(
    method: str,
    target: str,
    headers: Headers,
    accepted: str | frozenset[str] | None,
    field: str,
    require_signed: Iterable[str],
) -> CheckedHead:
    values = _values(headers, field)
    if not values:
        raise Refused("missing-signature", f"there is no field {field}")
    if len(values) > 1:
        raise Refused("malformed-signature", f"the field {field} stands on {len(values)} lines")
    fields = parse_authorization(values[0], field)

    if method == "CONNECT":
        raise Refused("malformed-target", "CONNECT has no target that could be signed")
    parts = canonical_target(target)

    check_method(method)
    _refuse_uncovered(headers, fields.headers, field, require_signed)
    signed = [(name, signed_value(headers, name)) for name in fields.headers]
    if isinstance(accepted, str):
        addressed = accepted
    else:
        addressed = parts.authority or _addressed_authority(headers)
        if accepted is not None and addressed not in accepted:
            raise Refused("wrong-audience", f"{addressed} is not served here")

    text = canonical_string(
        method=method,
        audience=addressed,
        path=parts.path,
        query=parts.query,
        digest=fields.digest,
        ts=fields.ts,
        nonce=fields.nonce,
        key=fields.key,
        scope=fields.scope,
        signed=signed,
    )
    return CheckedHead(fields, method, addressed, parts.path, parts.query, dict(signed), text)


def _values(headers: Headers, name: str) -> list[str]:
    """The values of the lines with this (lower-case) name."""
    return [value for other, value in headers if _lower(other) == name]


def _accepted_audiences(policy: AudiencePolicy) -> str | frozenset[str] | None:
    if isinstance(policy, AnyHost):
        return None
    names = [policy] if isinstance(policy, str) else list(policy)
    canonical = [canonical_authority(name) for name in names]
    known = [name for name in canonical if name is not None]
    if not known or len(known) < len(names):
        raise ValueError("audience: expected a host name, a list of them, or ANY_HOST")
    return known[0] if isinstance(policy, str) else frozenset(known)


def _refuse_uncovered(headers: Headers, signed: Sequence[str], field: str, extra: Iterable[str]) -> None:
    required = {*_COVERED, "authorization", *map(_lower, extra)} - {field}
    for name in sorted({_lower(name) for name, _ in headers} & required - set(signed)):
        raise Refused("malformed-request", f"the request has a field {name} that is not signed")


def _addressed_authority(headers: Headers) -> str:
    for source in (":authority", "host"):
        values = _values(headers, source)
        if not values:
            continue
        authority = canonical_authority(values[0]) if len(values) == 1 else None
        if authority is None:
            raise Refused("malformed-request", f"{source} is repeated or outside the grammar")
        return authority
    raise Refused("malformed-request", "there is no Host")


# --- 2.4 the authenticated verdict ----------------------------------------------------------------

VERDICT_FIELD = "countersign-verdict"


@dataclass(frozen=True)
class Verdict:
    """What a verifier said, proved to come from someone who holds the secret."""

    code: str
    time: int
    dead_since: int | None
    retry_after_ms: int | None


_VERDICT = re.compile(
    r'code="([a-z-]{1,64})", time="([1-9][0-9]{12})", dead-since="((?:[1-9][0-9]{12})?)",'
    r' retry-after-ms="([0-9]{0,15})", sig="([0-9a-f]{64})"'
)


def verdict_text(
    key: str, nonce: str, request_sig: str, code: str, at: str, dead_since: str, retry_after_ms: str
) -> str:
    """What a verdict's MAC is made over; ``dead_since`` and ``retry_after_ms`` may be empty."""
    return "\n".join([VERDICT_SCHEME, key, nonce, request_sig, code, at, dead_since, retry_after_ms])


def format_verdict(code: str, at: str, dead_since: str, retry_after_ms: str, sig: str) -> str:
    return f'code="{code}", time="{at}", dead-since="{dead_since}", retry-after-ms="{retry_after_ms}", sig="{sig}"'


def read_verdict(value: str, secret: str | bytes, key: str, nonce: str, request_sig: str) -> Verdict | None:
    """The verdict, if it is about this signature and its MAC verifies; ``None`` otherwise."""
    match = _VERDICT.fullmatch(value)
    if match is None:
        return None
    code, at, dead_since, retry_after_ms, sig = match.groups()
    text = verdict_text(key, nonce, request_sig, code, at, dead_since, retry_after_ms)
    if not hmac.compare_digest(hmac_hex(decode_secret(secret), text), sig):
        return None
    return Verdict(
        code,
        int(at),
        int(dead_since) if dead_since else None,
        int(retry_after_ms) if retry_after_ms else None,
    )


# --- 2.2 the signer's side ------------------------------------------------------------------------


def random_nonce() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class SignedRequest:
    """A request and its signature; ``headers`` has the signature among the caller's fields."""

    method: str
    scheme: str
    authority: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fields: SignatureFields
    canonical: str
    value: str


class Signer:
    """Signs requests with one key.

    ``secret`` is ``cs1s_…`` or at least 32 bytes. ``scope`` is the default scope. ``audience`` is the
    server's own name, where that is not the URL's host. ``field`` is the field that carries the signature. ``sign_headers`` are fields that are signed whenever present,
    besides the usual ones. ``clock`` gives Unix milliseconds, ``nonce`` a fresh lower-case UUID.
    """

    def __init__(
        self,
        key_id: str,
        secret: str | bytes,
        *,
        scope: str = "",
        audience: str | None = None,
        field: str = "authorization",
        sign_headers: Iterable[str] = (),
        clock: Callable[[], int] = wall_clock_ms,
        nonce: Callable[[], str] = random_nonce,
    ) -> None:
        if not _SEGMENT.fullmatch(key_id):
            raise TypeError("key_id: expected 1 to 64 of A-Z a-z 0-9 . _ ~ -")
        if not is_scope(scope):
            raise TypeError("scope: outside the grammar")
        self._audience = None if audience is None else canonical_authority(audience)
        if audience is not None and self._audience is None:
            raise TypeError("audience: expected a host, and a port where it is not the scheme's own")
        self.key_id = key_id
        self.secret = decode_secret(secret)
        self.scope = scope
        self.field = _lower(field)
        self.clock_offset_ms = 0
        extra = [_lower(name) for name in sign_headers]
        for name in (self.field, *extra):
            if not _FIELD_NAME.fullmatch(name) or is_unsignable(name, "" if name is self.field else self.field):
                raise TypeError(f"{name!r}: not a field name that can be used here")
        self._names = {*_SIGNED_WHEN_PRESENT, "authorization", *extra} - {self.field}
        self._clock = clock
        self._nonce = nonce

    def now_ms(self) -> int:
        """The signer's clock, corrected by what authenticated verdicts taught."""
        return self._clock() + self.clock_offset_ms

    def headers(
        self, method: str, url: str, headers: Headers = (), body: bytes = b"", *, scope: str | None = None
    ) -> dict[str, str]:
        """The header fields to add to a request (today one: the signature)."""
        return {self.field: self.sign(method, url, headers, body, scope=scope).value}

    def sign(
        self, method: str, url: str, headers: Headers = (), body: bytes = b"", *, scope: str | None = None
    ) -> SignedRequest:
        """Sign a request. What follows the authority in ``url`` is the raw target, sent as it stands.

        Raises ``Refused`` for what a verifier would refuse and ``TypeError`` for a bad method or scope.
        """
        scope = self.scope if scope is None else scope
        if not _METHOD.fullmatch(method):
            raise TypeError("method: expected 1 to 32 of A-Z and -, a letter first")
        if not is_scope(scope):
            raise TypeError("scope: outside the grammar")
        if method == "CONNECT":
            raise Refused("malformed-target", "CONNECT has no target that could be signed")
        if any(_lower(name) in (self.field, "host") for name, _ in headers):
            raise TypeError(f"headers: {self.field} and host are not the caller's to give")
        scheme, authority, target = split_url(url)
        addressed = canonical_authority(authority)
        if addressed is None:
            raise Refused("malformed-target", "the URL's authority is outside the grammar")
        parts = canonical_target(target)
        names = sorted({_lower(name) for name, _ in headers} & self._names)
        if len(names) > MAX_SIGNED_NAMES:
            raise TypeError(f"headers: more than {MAX_SIGNED_NAMES} fields to sign")
        digest = hashlib.sha256(body).hexdigest()
        ts, nonce = str(self.now_ms()), self._nonce()
        text = canonical_string(
            method=method,
            audience=self._audience or addressed,
            path=parts.path,
            query=parts.query,
            digest=digest,
            ts=ts,
            nonce=nonce,
            key=self.key_id,
            scope=scope,
            signed=[(name, signed_value(headers, name)) for name in names],
        )
        sig = hmac_hex(self.secret, text)
        fields = SignatureFields(self.key_id, ts, nonce, scope, digest, tuple(names), sig)
        value = format_authorization(fields)
        parse_authorization(value, self.field)  # the clock, the nonce and the length are not trusted
        all_headers = (*headers, (self.field, value))
        return SignedRequest(method, scheme, authority, target, all_headers, body, fields, text, value)


def split_url(url: str) -> tuple[str, str, str]:
    """``(scheme, authority, target)`` of an http(s) URL, byte for byte; a fragment is dropped."""
    match = re.match(r"(https?)://([^/?#]*)([^#]*)", url, re.IGNORECASE | re.ASCII)
    if match is None:
        raise TypeError("url: expected an absolute http or https URL")
    scheme, authority, target = match.groups()
    return scheme.lower(), authority, target if target.startswith("/") else "/" + target


# === 3 Verification ===============================================================================

MAX_SECRETS = 4  # of one key; as many HMACs are made for every request, whatever is known of its key
_DUMMY_SECRET = os.urandom(32)  # for keys that are not usable; nobody can sign with it, and no match with it counts

# code: status and title; the public detail is the same for every cause
_REFUSALS: dict[str, tuple[int, str, str]] = {
    "missing-signature": (401, "Signature missing", "The request carries no CS1-HMAC-SHA256 signature."),
    "malformed-signature": (401, "Signature malformed", "The signature is not in its one form."),
    "invalid-signature": (
        401,
        "Signature invalid",
        "The key is not usable, or the request that arrived is not the one that was signed.",
    ),
    "stale-timestamp": (401, "Signature stale", "The request was signed too long ago."),
    "future-timestamp": (401, "Signature from the future", "The request was signed by a clock that is ahead."),
    "malformed-target": (400, "Target malformed", "The request target cannot be verified."),
    "ambiguous-target": (400, "Target ambiguous", "The path has a dot segment."),
    "malformed-request": (400, "Request malformed", "The method or a header field cannot be verified."),
    "digest-mismatch": (400, "Body differs", "The body is not the one that was signed."),
    "scope-mismatch": (403, "Wrong scope", "The signed scope is not that of the route."),
    "scope-not-granted": (403, "Scope not granted", "The key is not granted this scope."),
    "body-timeout": (408, "Body too slow", "The body did not end in time."),
    "replayed-nonce": (409, "Already admitted", "This signature was admitted before."),
    "body-too-large": (413, "Body too large", "The body is larger than this server takes."),
    "wrong-audience": (421, "Wrong audience", "The request addresses another service."),
    "rate-limited": (429, "Rate limited", "A budget is spent; nothing was charged."),
    "too-many-failures": (429, "Too many failures", "Too many requests of this address had no valid signature."),
    "store-unavailable": (503, "Store unavailable", "The request cannot be counted now; nothing was charged."),
    "store-recovering": (503, "Store recovering", "What was signed before the store began is refused. Sign anew."),
}


@dataclass(frozen=True)
class Secret:
    """One of a key's secrets while they are rotated: usable until ``expires_at``, that time excluded."""

    secret: str | bytes = member(repr=False)
    expires_at: int | None = None


class Key:
    """A key: 1 to 4 secrets, the scopes it is granted (``*``: all), and whose budgets it is charged to.

    ``owner`` is by default the key's id. ``limits`` take the place of the verifier's. ``not_before`` is the first
    millisecond in which the key is usable, ``expires_at`` the first in which it is not any more.
    Raises ``TypeError`` or ``ValueError``, which never quote a secret.
    """

    def __init__(
        self,
        secrets: str | bytes | Secret | Iterable[str | bytes | Secret],
        scopes: Iterable[str],
        *,
        owner: str | None = None,
        limits: Mapping[str, str | Sequence[str]] | None = None,
        not_before: int | None = None,
        expires_at: int | None = None,
        disabled: bool = False,
    ) -> None:
        given = [secrets] if isinstance(secrets, (str, bytes, Secret)) else list(secrets)
        if not 1 <= len(given) <= MAX_SECRETS:
            raise ValueError(f"secrets: expected 1 to {MAX_SECRETS}")
        wrapped = [secret if isinstance(secret, Secret) else Secret(secret) for secret in given]
        self._secrets = [(decode_secret(each.secret), each.expires_at) for each in wrapped]
        if isinstance(scopes, str):
            raise TypeError("scopes: expected a list of scopes")
        self.scopes = frozenset(scopes)
        for scope in self.scopes:
            if scope != "*" and (scope == "" or not is_scope(scope)):
                raise ValueError(f"scopes: {scope!r} is not a scope")
        self.owner = owner
        self.limits = None if limits is None else Limits(limits)
        self.not_before = not_before
        self.expires_at = expires_at
        self.disabled = disabled

    def usable_secrets(self, now_ms: int) -> list[bytes]:
        """The secrets that are usable now; none when the key is not."""
        early = self.not_before is not None and now_ms < self.not_before
        if self.disabled or early or not _before(now_ms, self.expires_at):
            return []
        return [secret for secret, expires_at in self._secrets if _before(now_ms, expires_at)]

    def grants(self, scope: str) -> bool:
        return any(granted == "*" or scope_contains(granted, scope) for granted in self.scopes)


def _before(now_ms: int, end_ms: int | None) -> bool:
    return end_ms is None or now_ms < end_ms


def scope_contains(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(outer + ":")


KeyDirectory = Union[Mapping[str, Key], Callable[[str], Union[Key, None]]]
RouteScope = Union[str, Callable[[CheckedHead], str], None]
RouteCost = Union[int, Callable[[CheckedHead], int]]
Body = Union[bytes, Callable[[], bytes]]


class BodyTooLarge(Exception):
    """Raised by a body's reader that has met more than it may read."""


@dataclass(frozen=True)
class Outcome:
    """What a verifier made of a request.

    ``code`` is ``admitted`` or that of a refusal. ``headers`` belong on the answer in both cases; with a refusal,
    ``status`` and ``content`` (a problem document) are the whole answer. ``reason`` is for the operator's log and
    must not be told to the caller. ``head`` and what follows is there when the key was proved: its covered parts
    are all that may decide anything. ``body`` is what was verified, when the request is admitted.
    """

    code: str
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes = b""
    reason: str = ""
    retry_after_ms: int | None = None
    head: CheckedHead | None = None
    owner: str | None = None
    scope: str | None = None
    levels: tuple[Level, ...] = ()
    body: bytes = b""
    unread: bool = False

    @property
    def ok(self) -> bool:
        return self.code == "admitted"


class Verifier:
    """Verifies signed requests and admits them, which claims the nonce and charges the budgets in one step.

    ``keys`` is a mapping from key ids, or a function that looks one up (``None``: there is no such key; what it raises
    is ``store-unavailable``). ``audience`` is one name, a list of names, or ``ANY_HOST`` for development. ``limits``
    are rates by scope. The acceptance window and the clock are the ``store``'s. ``failures`` is how many refusals a
    stranger's address has in how many milliseconds before it is answered ``too-many-failures``. May be used by many
    threads. Wrong options raise ``TypeError`` or ``ValueError``; no request makes ``verify`` raise.
    """

    def __init__(
        self,
        keys: KeyDirectory,
        audience: AudiencePolicy,
        *,
        store: MemoryStore | None = None,
        limits: Mapping[str, str | Sequence[str]] | None = None,
        field: str = "authorization",
        require_signed: Iterable[str] = (),
        max_body_bytes: int = 1 << 20,
        failures: tuple[int, int] = (60, 60_000),
        receipts: bool = False,
    ) -> None:
        if isinstance(keys, Mapping):
            for key_id in keys:
                if not _SEGMENT.fullmatch(key_id) or key_id.startswith(SECRET_PREFIX):
                    raise ValueError("keys: an id is 1 to 64 of A-Z a-z 0-9 . _ ~ - and no secret")
        self._keys = keys
        self._accepted = _accepted_audiences(audience)
        self.store = MemoryStore() if store is None else store
        self._limits = Limits(limits or {})
        self.field = _lower(field)
        if not _FIELD_NAME.fullmatch(self.field) or is_unsignable(self.field, ""):
            raise ValueError(f"field: {field!r} cannot carry a signature")
        self._require_signed = tuple(map(_lower, require_signed))
        self.max_body_bytes = max_body_bytes
        self._failures = FailureMeter(*failures, clock=self.store.monotonic_ms)
        self._receipts = receipts
        self._proved: dict[str, None] = {}  # ids that were proved: a directory is asked for them in any case
        self._lock = threading.Lock()

    def verify(
        self,
        method: str,
        target: str,
        headers: Headers,
        *,
        scope: RouteScope = None,
        children: bool = False,
        cost: RouteCost = 1,
        body: Body = b"",
        address: str | None = None,
    ) -> Outcome:
        """Take the steps of spec 3 in order; the first refusal is the answer.

        ``target`` is the raw request target and ``headers`` the raw field lines. ``scope`` is the route's: a text, a
        function of what is signed, or ``None`` for whatever scope was signed. With ``children`` the client may sign a
        scope below it. ``body`` is the octets as transmitted, or a function that reads them, called in step 6 only;
        ``BodyTooLarge``, ``TimeoutError``, ``EOFError`` and ``OSError`` of it are refusals, others pass through.
        ``address`` is the client's, of which failures are counted; ``None`` counts none.
        """
        if isinstance(scope, str) and (scope == "" or not is_scope(scope)):
            raise ValueError(f"scope: {scope!r} is not a scope")
        if not callable(cost) and not _is_cost(cost):
            raise ValueError("cost: expected a positive integer")
        unread = _announces_body(headers)
        try:
            head = _check_head(
                method, target, headers, self._accepted, self.field, self._require_signed
            )  # step 1
            key, secret = self._prove(head, address)  # steps 2 and 3
        except Refused as refused:
            return self._refuse_stranger(refused, address, unread)
        key_id = head.fields.key
        owner = key_id if key.owner is None else key.owner
        proof = _Proof(head, secret, owner)
        try:
            self._check_freshness(head)  # step 4
            proof.scope = _scope_of(head, key, scope, children)  # step 5
            self._check_announced(headers)  # step 6
            limits = self._limits if key.limits is None else key.limits
            charges = limits.charges(proof.scope, _cost_of(head, cost))
            content = _read(body, self.max_body_bytes)
            unread = False
            if hashlib.sha256(content).hexdigest() != head.fields.digest:
                raise Refused("digest-mismatch", "the SHA-256 of the body differs from the signed digest")
            admission = self._admit(head, owner, charges)  # step 7
        except Refused as refused:
            return self._refuse(refused, proof, unread)
        receipt = [self._verdict("admitted", proof, self.store.now_ms(), None)] if self._receipts else []
        return Outcome(
            code="admitted",
            status=200,
            headers=(*_rate_limit_fields(admission.levels), *receipt),
            head=head,
            owner=owner,
            scope=proof.scope,
            levels=admission.levels,
            body=content,
        )

    # steps 2 to 7

    def _prove(self, head: CheckedHead, address: str | None) -> tuple[Key, bytes]:
        key_id = head.fields.key
        key = self._find(key_id, address)
        usable = [] if key is None else key.usable_secrets(self.store.now_ms())
        tried = usable + [_DUMMY_SECRET] * (MAX_SECRETS - len(usable))
        matches = [hmac.compare_digest(hmac_hex(secret, head.canonical), head.fields.sig) for secret in tried]
        for secret, matched in zip(usable, matches):
            if key is not None and matched:
                self._remember_proved(key_id)
                return key, secret
        reason = "unknown key" if key is None else "no usable secret" if not usable else "another signature"
        raise Refused("invalid-signature", f"key {key_id}: {reason}")

    def _find(self, key_id: str, address: str | None) -> Key | None:
        try:
            if isinstance(self._keys, Mapping):
                return self._keys.get(key_id)
            if self._failures.wait_ms(address) > 0 and key_id not in self._proved:
                return None  # nobody is asked on behalf of this address
            return self._keys(key_id)
        except Exception as error:
            raise Refused("store-unavailable", f"the key directory failed: {error!r}") from error

    def _remember_proved(self, key_id: str) -> None:
        if isinstance(self._keys, Mapping):
            return
        with self._lock:
            self._proved.pop(key_id, None)
            self._proved[key_id] = None
            if len(self._proved) > _MAX_PROVED:
                del self._proved[next(iter(self._proved))]

    def _check_freshness(self, head: CheckedHead) -> None:
        now, ts = self.store.now_ms(), int(head.fields.ts)
        if ts > now + self.store.future_ms:
            raise Refused("future-timestamp", f"signed {ts - now} ms ahead of the clock")
        if ts < now - self.store.past_ms:
            dead_since = _from_store(lambda: self.store.declare_stale(head.fields.key, ts))
            if dead_since is not None:
                raise Refused("stale-timestamp", f"signed {now - ts} ms ago", dead_since=dead_since)

    def _check_announced(self, headers: Headers) -> None:
        for value in _values(headers, "content-length"):
            digits = value.strip(" \t").lstrip("0")
            most = str(self.max_body_bytes)
            if re.fullmatch("[0-9]+", digits) and (len(digits), digits) > (len(most), most):
                raise Refused("body-too-large", f"announced more than {most} bytes")

    def _admit(self, head: CheckedHead, owner: str, charges: Sequence[Charge]) -> Admission:
        nonce = bytes.fromhex(head.fields.nonce.replace("-", ""))
        key_id, ts = head.fields.key, int(head.fields.ts)
        admission = _from_store(lambda: self.store.admit(key_id, owner, nonce, ts, charges))
        if admission.code == "admitted":
            return admission
        detail = admission.code
        if admission.code == "rate-limited":
            names = [level.name for level in admission.levels if level.violated]
            detail = f"too little left of {', '.join(names)}"
        raise Refused(
            admission.code,
            detail,
            retry_after_ms=admission.retry_after_ms,
            dead_since=admission.dead_since,
            levels=admission.levels,
        )

    # answers

    def _refuse_stranger(self, refused: Refused, address: str | None, unread: bool) -> Outcome:
        if refused.code == "store-unavailable":
            return self._refuse(refused, None, unread)
        wait_ms = self._failures.wait_ms(address)
        if wait_ms == 0:
            self._failures.record(address)
            return self._refuse(refused, None, unread)
        level = Level("failures", self._failures.limit, self._failures.window_ms, 0, wait_ms)
        spent = Refused("too-many-failures", str(refused), retry_after_ms=wait_ms, levels=(level,))
        return self._refuse(spent, None, unread)

    def _refuse(self, refused: Refused, proof: _Proof | None, unread: bool) -> Outcome:
        code = refused.code
        status, title, detail = _REFUSALS[code]
        wait_ms = refused.retry_after_ms
        problem: dict[str, Any] = {"type": f"urn:countersign:problem:{code}", "title": title, "status": status}
        if code == "rate-limited":
            problem["type"] = "https://iana.org/assignments/http-problem-types#quota-exceeded"
            problem["violated-policies"] = [level.name for level in refused.levels if level.violated]
            if wait_ms is None:
                detail = "The request costs more than a limit allows at all; nothing was charged."
        problem |= {"detail": detail, "code": code}
        headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
        if status == 401:
            headers.append(("WWW-Authenticate", SCHEME))
        if status in (429, 503) and wait_ms is not None:
            headers.append(("Retry-After", str(-(-wait_ms // 1000))))
        headers += _rate_limit_fields(refused.levels)
        if proof is not None:
            now = self.store.now_ms()
            # Whoever asks about a nonce that was admitted: that was before now.
            dead_since = now if code == "replayed-nonce" else refused.dead_since
            headers.append(self._verdict(code, proof, now, dead_since, wait_ms))
        return Outcome(
            code=code,
            status=status,
            headers=tuple(headers),
            content=json.dumps(problem).encode("ascii"),
            reason=str(refused),
            retry_after_ms=wait_ms,
            head=None if proof is None else proof.head,
            owner=None if proof is None else proof.owner,
            scope=None if proof is None else proof.scope,
            levels=refused.levels,
            unread=unread,
        )

    def _verdict(
        self, code: str, proof: _Proof, now: int, dead_since: int | None, wait_ms: int | None = None
    ) -> tuple[str, str]:
        if code == "admitted":
            dead_since = now
        said = (code, str(now), "" if dead_since is None else str(dead_since), "" if wait_ms is None else str(wait_ms))
        fields = proof.head.fields
        sig = hmac_hex(proof.secret, verdict_text(fields.key, fields.nonce, fields.sig, *said))
        return ("Countersign-Verdict", format_verdict(*said, sig))


@dataclass
class _Proof:
    """A head whose key was proved, and the secret that proved it."""

    head: CheckedHead
    secret: bytes
    owner: str
    scope: str | None = None


_MAX_PROVED = 10_000
_Answer = TypeVar("_Answer")


def _from_store(ask: Callable[[], _Answer]) -> _Answer:
    try:
        return ask()
    except Exception as error:
        raise Refused("store-unavailable", f"the store failed: {error!r}") from error


def _scope_of(head: CheckedHead, key: Key, route: RouteScope, children: bool) -> str:
    """The scope that the request is admitted and charged for (step 5)."""
    signed = head.fields.scope
    if route is None:
        outcome = signed
    else:
        named = route
        if callable(named):
            try:
                named = named(head)
            except Exception as error:
                raise Refused("scope-mismatch", f"the route's scope function raised {error!r}") from error
        if not isinstance(named, str) or named == "" or not is_scope(named):
            raise Refused("scope-mismatch", f"the route has no scope for this request: {named!r}")
        if signed in ("", named):
            outcome = named
        elif children and scope_contains(named, signed):
            outcome = signed
        else:
            raise Refused("scope-mismatch", f"signed for {signed}, the route is {named}")
    if outcome != "" and not key.grants(outcome):
        raise Refused("scope-not-granted", f"the key is not granted {outcome}")
    return outcome


def _cost_of(head: CheckedHead, cost: RouteCost) -> int:
    if callable(cost):
        try:
            cost = cost(head)
        except Exception as error:
            raise Refused("malformed-request", f"the route's cost function raised {error!r}") from error
        if not _is_cost(cost):
            raise Refused("malformed-request", f"the route has no cost for this request: {cost!r}")
    return cost


def _is_cost(cost: object) -> bool:
    return isinstance(cost, int) and not isinstance(cost, bool) and cost > 0


def _announces_body(headers: Headers) -> bool:
    lengths = [value.strip(" \t") for value in _values(headers, "content-length")]
    return bool(_values(headers, "transfer-encoding")) or any(length != "0" for length in lengths)


def _read(body: Body, max_bytes: int) -> bytes:
    if callable(body):
        try:
            body = body()
        except BodyTooLarge as error:
            raise Refused("body-too-large", f"the body has more than {max_bytes} bytes") from error
        except TimeoutError as error:
            raise Refused("body-timeout", "the body did not end in time") from error
        except (OSError, EOFError) as error:
            raise Refused("digest-mismatch", f"the body ended early: {error!r}") from error
    if len(body) > max_bytes:
        raise Refused("body-too-large", f"the body has more than {max_bytes} bytes")
    return body


def _rate_limit_fields(levels: Sequence[Level]) -> list[tuple[str, str]]:
    """RateLimit-Policy and RateLimit (spec 5), from the deepest scope to the owner."""
    if not levels:
        return []
    policies = [f'"{each.name}";q={each.count};w={each.window_ms // 1000}' for each in levels]
    left = [f'"{each.name}";r={each.remaining};t={-(-each.reset_ms // 1000)}' for each in levels]
    return [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(left))]


class FailureMeter:
    """Counts strangers' refusals by address, at most ``most`` addresses. IPv6 counts by /64, IPv4-mapped as IPv4."""

    def __init__(self, limit: int, window_ms: int, *, most: int = 10_000, clock: Callable[[], float]) -> None:
        self.limit, self.window_ms = limit, window_ms
        self._most = most
        self._clock = clock
        self._windows: dict[str, Window] = {}  # in the order of the last refusal
        self._overflow = Window(limit, window_ms)  # addresses beyond share one count
        self._lock = threading.Lock()

    def wait_ms(self, address: str | None) -> int:
        """How long until this address has a refusal left: 0 when it has."""
        group = address_group(address)
        if group is None:
            return 0
        with self._lock:
            return self._window(group).wait_ms(1, self._clock()) or 0

    def record(self, address: str | None) -> None:
        group = address_group(address)
        if group is None:
            return
        with self._lock:
            now = self._clock()
            window = self._window(group)
            if window.wait_ms(1, now) != 0:
                return
            window.charge(1, now)
            if window is not self._overflow:
                self._windows.pop(group, None)
                self._windows[group] = window

    def _window(self, group: str) -> Window:
        now = self._clock()
        while self._windows:
            first = next(iter(self._windows))
            if self._windows[first].used_at(now) > 0:
                break
            del self._windows[first]
        if group in self._windows:
            return self._windows[group]
        return Window(self.limit, self.window_ms) if len(self._windows) < self._most else self._overflow


def address_group(address: str | None) -> str | None:
    """What failures of this address are counted under; ``None``, and not counted, where it is not one."""
    if address is None:
        return None
    try:
        ip = ipaddress.ip_address(address.partition("%")[0] if ":" in address else address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.IPv6Network((ip, 64), strict=False))
    return str(ip)


# --- WSGI -----------------------------------------------------------------------------------------

Environ = dict[str, Any]


class Middleware:
    """Puts a verifier in front of a WSGI application, which sees admitted requests only.

    The application finds the ``Outcome`` in ``environ["countersign"]``, and reads the body that was verified.
    ``scope``, ``children`` and ``cost`` are those of ``Verifier.verify``: a catch-all wants a function of the signed
    path. ``address`` says from the environ whose failures are counted; ``X-Forwarded-For`` only where it is yours.

    The server has to give the raw target (see ``wsgi_target``). ``Connection: close`` on a refusal whose body was not
    read is the server's to send, PEP 3333 forbids it here; ``RawTargetHandler``, wsgiref and gunicorn's sync workers
    close after each request.
    """

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        verifier: Verifier,
        *,
        scope: RouteScope,
        children: bool = False,
        cost: RouteCost = 1,
        address: Callable[[Environ], str | None] = lambda environ: environ.get("REMOTE_ADDR"),
    ) -> None:
        self._application = application
        self._verifier = verifier
        self._scope, self._children, self._cost = scope, children, cost
        self._address = address

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        outcome = self._verifier.verify(
            environ["REQUEST_METHOD"],
            wsgi_target(environ),
            wsgi_headers(environ),
            scope=self._scope,
            children=self._children,
            cost=self._cost,
            body=lambda: wsgi_body(environ, self._verifier.max_body_bytes),
            address=self._address(environ),
        )
        if not outcome.ok:
            content = b"" if environ["REQUEST_METHOD"] == "HEAD" else outcome.content
            length = ("Content-Length", str(len(outcome.content)))
            start_response(status_line(outcome.status), [*outcome.headers, length])
            return [content]
        environ["countersign"] = outcome
        environ["wsgi.input"] = io.BytesIO(outcome.body)
        environ["CONTENT_LENGTH"] = str(len(outcome.body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *answer_fields(outcome, headers, self._verifier.field)], *more)

        return self._application(environ, start)


def status_line(status: int) -> str:
    return f"{status} {http.HTTPStatus(status).phrase}"


def answer_fields(outcome: Outcome, present: Iterable[tuple[str, str]], field: str) -> list[tuple[str, str]]:
    """What to add to the application's answer to an admitted request that has these fields already."""
    present = list(present)
    added = list(outcome.headers)
    if not _values(present, "cache-control"):
        added.append(("Cache-Control", "private"))
    varies = {_lower(name.strip(" \t")) for value in _values(present, "vary") for name in value.split(",")}
    if not varies & {"*", field}:
        added.append(("Vary", field))
    return added


def wsgi_target(environ: Environ) -> str:
    """The raw request target. PATH_INFO is decoded and will not do.

    gunicorn and werkzeug give RAW_URI, uWSGI and Apache's mod_wsgi REQUEST_URI; for ``wsgiref`` (and Django's
    ``runserver``, which is built on it) use ``RawTargetHandler``.
    """
    for name in ("RAW_URI", "REQUEST_URI"):
        if environ.get(name):
            return str(environ[name])
    raise RuntimeError("countersign: this WSGI server gives no raw target (RAW_URI or REQUEST_URI)")


def wsgi_headers(environ: Environ) -> list[tuple[str, str]]:
    """The field lines, as far as CGI variables tell: lines of one name are joined by then, ``_`` has become ``-``.

    A repeated field thus is one line with another value, which no signature covers: refused all the same.
    """
    raw = environ.get("countersign.lines")
    if raw is not None:
        return list(raw)
    lines = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            lines.append((name.replace("_", "-"), environ[name]))
    return [(name, value.strip(" \t")) for name, value in lines]


def check_framing(environ: Environ) -> None:
    """Raises ``EOFError`` for a body of which it is not plain where it ends. Servers for production have refused it before."""
    lines = wsgi_headers(environ)
    lengths = _values(lines, "content-length")
    chunked = bool(_values(lines, "transfer-encoding"))
    if len(set(lengths)) > 1 or (chunked and (lengths or not environ.get("wsgi.input_terminated"))):
        raise EOFError("the body's framing is ambiguous")


def wsgi_body(environ: Environ, max_bytes: int) -> bytes:
    """The whole body, by its length; without one only where the server marks its end."""
    check_framing(environ)
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH") or "0"
    if not re.fullmatch("[0-9]{1,18}", length):
        raise EOFError("the length is not a number")
    marked = bool(environ.get("wsgi.input_terminated")) and not environ.get("CONTENT_LENGTH")
    wanted = max_bytes + 1 if marked else int(length)
    if wanted > max_bytes and not marked:
        raise BodyTooLarge
    pieces = bytearray()
    while len(pieces) < wanted:
        piece = stream.read(min(wanted - len(pieces), 65_536))
        if not piece:
            break
        pieces += piece
    if len(pieces) > max_bytes:
        raise BodyTooLarge
    if not marked and len(pieces) < wanted:
        raise EOFError(f"{wanted - len(pieces)} bytes are missing")
    return bytes(pieces)


class RawTargetHandler(wsgiref.simple_server.WSGIRequestHandler):
    """wsgiref's request handler (for development and tests), with what it keeps from a verifier.

    It gives the raw target as RAW_URI and the field lines, one by one; PATH_INFO then follows from that target, and
    CONTENT_TYPE from the request alone. And it lets a client that is still sending read a refusal.
    """

    timeout = 30

    def get_environ(self) -> Environ:
        target = self.requestline.split()[1]
        absolute = _ABSOLUTE.match(target)
        self.path = target if absolute is None else "/" + target[absolute.end() :].removeprefix("/")
        environ = super().get_environ()
        # By the names that the application finds them under: CGI tells Idempotency_Key from Idempotency-Key by nothing.
        lines = [(name.replace("_", "-"), value.strip(" \t\r\n")) for name, value in self.headers.items()]
        if not _values(lines, "content-type"):
            environ.pop("CONTENT_TYPE", None)
        return {**environ, "RAW_URI": target, "countersign.lines": lines}

    def finish(self) -> None:
        super().finish()
        try:  # a socket that is closed with unread bytes resets the connection, and the answer may be lost
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1)
            for _ in range(16):
                if not self.connection.recv(65_536):
                    break
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


class _ThreadingServer(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


def make_server(application: Callable[..., Iterable[bytes]], host: str = "127.0.0.1", port: int = 0) -> _ThreadingServer:
    """wsgiref's server with ``RawTargetHandler`` and a thread for each connection, for development and tests."""
    server = _ThreadingServer((host, port), RawTargetHandler)
    server.set_app(application)
    return server


# === 4 Client behaviour ===========================================================================

@dataclass(frozen=True)
class Response:
    """An answer. ``verdict`` is ``None`` unless the answer is authenticated."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    verdict: Verdict | None


class CallError(Exception):
    """A call that ended without an answer from the application."""

    def __init__(self, detail: str, response: Response | None = None) -> None:
        super().__init__(detail)
        self.response = response


class RefusedError(CallError):
    """An authenticated refusal that sending again would not change; ``code`` says which."""

    def __init__(self, code: str, response: Response) -> None:
        super().__init__(f"the server refused the request: {code}", response)
        self.code = code


class RateLimitedError(CallError):
    """Not admitted: a budget is spent for another ``retry_after_ms`` (``None``: it costs more than a limit allows)."""

    def __init__(self, retry_after_ms: int | None, response: Response) -> None:
        super().__init__("the rate limit is reached", response)
        self.retry_after_ms = retry_after_ms


class StoreUnavailableError(CallError):
    """Not admitted: the server cannot tell at present whether it may."""


class AlreadyAdmittedError(CallError):
    """This very request has been admitted before; its first answer was lost on the way."""


class OutcomeUnknownError(CallError):
    """Nobody who can prove it has said whether the request was executed."""


class ClockSkewError(CallError):
    """Not executed: the local clock is wrong. It is corrected now, unless that is more than the cap allows."""


_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Client:
    """Sends signed requests. One call is admitted at most once, whatever happens on the way.

    The same signature is sent again after a network error, after an authenticated ``rate-limited``
    or ``store-unavailable``, and after a proxy's 502, 503 or 504 for idempotent methods, at most
    ``attempts`` times in all and while it is younger than ``fresh_ms``. Redirects are not followed.
    Answers without an authenticated verdict are returned as they are.
    """

    def __init__(
        self,
        signer: Signer,
        *,
        attempts: int = 4,
        timeout_s: float = 30.0,
        fresh_ms: int = 290_000,
        max_clock_offset_ms: int = 86_400_000,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._signer = signer
        self._attempts = attempts
        self._timeout_s = timeout_s
        self._fresh_ms = fresh_ms
        self._max_clock_offset_ms = max_clock_offset_ms
        self._sleep = sleep
        self._monotonic = monotonic
        self._jitter = jitter

    def send(
        self, method: str, url: str, headers: Headers = (), body: bytes = b"", *, scope: str | None = None
    ) -> Response:
        """Send a request and return the application's answer, or raise a ``CallError``."""
        if any(_lower(name) in ("content-length", "transfer-encoding") for name, _ in headers):
            raise TypeError("headers: the client frames the body itself")
        signed_again = False
        age_ms = self._stopwatch_ms()
        request = self._signer.sign(method, url, headers, body, scope=scope)
        attempt = 0
        while True:
            attempt += 1
            wait_ms: float = 250 * 2 ** (attempt - 1) * self._jitter()
            end: CallError
            try:
                response = self._exchange(request)
            except (OSError, http.client.HTTPException) as error:
                end = OutcomeUnknownError(f"no answer: {error!r}")
            else:
                verdict = response.verdict
                if verdict is None:
                    if response.status not in (502, 503, 504) or method not in _IDEMPOTENT:
                        return response
                    end = OutcomeUnknownError(f"an unauthenticated {response.status}", response)
                    wait_ms = self._asked_wait_ms(_retry_after_ms(response.headers), wait_ms)
                elif verdict.code == "admitted":
                    return response
                elif verdict.code == "rate-limited":
                    end = RateLimitedError(verdict.retry_after_ms, response)
                    if verdict.retry_after_ms is None:
                        raise end  # never
                    wait_ms = self._asked_wait_ms(verdict.retry_after_ms, wait_ms)
                elif verdict.code == "store-unavailable":
                    end = StoreUnavailableError("the server's store is unavailable", response)
                    wait_ms = self._asked_wait_ms(verdict.retry_after_ms, wait_ms)
                elif verdict.code == "replayed-nonce":
                    raise AlreadyAdmittedError("this request was admitted before", response)
                elif self._may_sign_again(method, verdict, age_ms(), response) and not signed_again:
                    if attempt >= self._attempts:
                        raise RefusedError(verdict.code, response)
                    signed_again = True
                    self._sleep((verdict.retry_after_ms or 0) / 1000)
                    age_ms = self._stopwatch_ms()
                    request = self._signer.sign(method, url, headers, body, scope=scope)
                    continue
                else:
                    raise RefusedError(verdict.code, response)
            if attempt >= self._attempts or age_ms() + wait_ms > self._fresh_ms:
                raise end
            self._sleep(wait_ms / 1000)

    def _stopwatch_ms(self) -> Callable[[], float]:
        """Time since now, never less than the truth: one clock may stand still in a sleeping machine, the other be set back."""
        monotonic_s, wall_ms = self._monotonic(), self._local_ms()
        return lambda: max((self._monotonic() - monotonic_s) * 1000, self._local_ms() - wall_ms)

    def _local_ms(self) -> float:
        return self._signer.now_ms() - self._signer.clock_offset_ms

    def _asked_wait_ms(self, asked_ms: int | None, fallback_ms: float) -> float:
        """Never earlier than asked, and a little later than the other clients."""
        return fallback_ms if asked_ms is None else asked_ms + self._jitter() * (50 + asked_ms / 10)

    def _may_sign_again(self, method: str, verdict: Verdict, age_ms: float, response: Response) -> bool:
        """Only a signature that was dead before it left may be replaced (or a safe method's, if early)."""
        if verdict.code not in ("future-timestamp", "stale-timestamp", "store-recovering"):
            return False
        if verdict.code == "future-timestamp":
            self._correct_clock(verdict, age_ms, response)
            if method not in _SAFE:
                raise ClockSkewError("the local clock was ahead of the server's; it is corrected", response)
            return True
        if verdict.dead_since is None or verdict.dead_since >= verdict.time - age_ms:
            raise OutcomeUnknownError(f"{verdict.code}: the signature was alive for a while", response)
        self._correct_clock(verdict, age_ms, response)
        return True

    def _correct_clock(self, verdict: Verdict, age_ms: float, response: Response) -> None:
        """The offset nearest to the present one that may be true: a verdict that was held back moves the clock less."""
        lowest_ms = verdict.time - self._local_ms()
        offset_ms = round(min(max(self._signer.clock_offset_ms, lowest_ms), lowest_ms + age_ms))
        if abs(offset_ms) > self._max_clock_offset_ms:
            raise ClockSkewError(f"the local clock is {-offset_ms} ms ahead, more than is corrected", response)
        self._signer.clock_offset_ms = offset_ms

    def _exchange(self, request: SignedRequest) -> Response:
        match = _AUTHORITY.fullmatch(request.authority)
        assert match is not None  # the signer has checked it
        host, port = match.groups()
        secure = request.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(host.strip("[]"), int(port or (443 if secure else 80)), timeout=self._timeout_s)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", request.authority)
            for name, value in request.headers:
                connection.putheader(name, value)
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        headers = tuple(answer.getheaders())
        verdicts = _values(headers, VERDICT_FIELD)
        fields = request.fields
        verdict = None
        if len(verdicts) == 1:
            verdict = read_verdict(verdicts[0], self._signer.secret, fields.key, fields.nonce, fields.sig)
        return Response(answer.status, headers, body, verdict)


def _retry_after_ms(headers: Headers) -> int | None:
    values = _values(headers, "retry-after")
    return int(values[0]) * 1000 if len(values) == 1 and re.fullmatch("[0-9]{1,6}", values[0]) else None


# === 5 Budgets ====================================================================================

_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_RATE = re.compile(
    r" *([1-9][0-9]{0,9}) *(?:/| per ) *(?:([1-9][0-9]{0,5}) *)?"
    r"(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?) *"
)
_MAX_COUNT = 1_000_000_000
_MAX_WINDOW_MS = 366 * 86_400_000


@dataclass(frozen=True)
class Rate:
    """``count`` units in any window of ``window_ms``."""

    count: int
    window_ms: int


def parse_rate(text: str) -> Rate:
    """The rate that a text like ``60/m`` or ``5 per 10 seconds`` means. Raises ``ValueError``."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rate")
    rate = Rate(int(match[1]), int(match[2] or 1) * _UNIT_MS[match[3][0]])
    if rate.count > _MAX_COUNT or rate.window_ms > _MAX_WINDOW_MS:
        raise ValueError(f"{text!r}: more than {_MAX_COUNT} units, or than 366 days")
    return rate


@dataclass(frozen=True)
class Charge:
    """What an admission takes from one of the owner's budgets. ``name`` is the policy name."""

    name: str
    count: int
    window_ms: int
    cost: int


@dataclass(frozen=True)
class Level:
    """How one budget on the path stands. ``reset_ms``: until more units are left; 0 when none are in use."""

    name: str
    count: int
    window_ms: int
    remaining: int
    reset_ms: int
    violated: bool = False


class Limits:
    """Which budgets there are: rates by scope; ``*`` for the whole owner, ``scope:+`` for each child of a scope."""

    def __init__(self, limits: Mapping[str, str | Sequence[str]]) -> None:
        self._rates: dict[str, list[Rate]] = {}
        for name, given in limits.items():
            parent = name.removesuffix(":+")
            if name != "*" and (parent == "" or not is_scope(parent)):
                raise ValueError(f"limits: {name!r} is not a scope, nor *, nor a scope and :+")
            if parent != name and parent not in limits:
                raise ValueError(f"limits: {name!r} needs a limit on {parent!r}, too")
            rates = [parse_rate(text) for text in ([given] if isinstance(given, str) else given)]
            if not rates or len(set(rates)) < len(rates):
                raise ValueError(f"limits: {name!r}: expected a rate, or several different ones")
            self._rates[name] = rates

    def charges(self, scope: str, cost: int) -> list[Charge]:
        """The budgets that a request in this scope is charged to, from the deepest to ``*``."""
        found: dict[str, Charge] = {}

        def charge(budget: str, rates: Iterable[Rate]) -> None:
            for rate in rates:
                name = f"{budget} {rate.count}/{rate.window_ms // 1000}s"
                found.setdefault(name, Charge(name, rate.count, rate.window_ms, cost))

        child = scope + ":+"  # a request that stops here is charged to a child without a name
        ancestor = scope
        while ancestor:
            charge(child, self._rates.get(ancestor + ":+", ()))
            charge(ancestor, self._rates.get(ancestor, ()))
            child, ancestor = ancestor, ancestor.rpartition(":")[0]
        charge("*", self._rates.get("*", ()))
        return list(found.values())


class Window:
    """A strict sliding window: at most ``count`` units in any half-open ``window_ms``, wherever it starts.

    A log of when units come back: exact up to a count of 128; above it in slices of a 64th of the window, whose units
    come back together when the youngest of them could. So it is bounded, and never admits too much.
    """

    EXACT_COUNT = 128
    SLICES = 64

    def __init__(self, count: int, window_ms: int) -> None:
        self.count, self.window_ms = count, window_ms
        self._used = 0
        self._log: deque[list[float]] = deque()  # [when they come back, units]

    def used_at(self, at_ms: float) -> int:
        while self._log and self._log[0][0] <= at_ms:
            self._used -= int(self._log.popleft()[1])
        return self._used

    def wait_ms(self, cost: int, at_ms: float) -> int | None:
        """Until ``cost`` units are free, if nobody else takes any: 0 when they are; ``None``: never."""
        if cost > self.count:
            return None
        lacking = self.used_at(at_ms) + cost - self.count
        if lacking <= 0:
            return 0
        for back_ms, units in self._log:
            lacking -= int(units)
            if lacking <= 0:
                return math.ceil(back_ms - at_ms)
        raise AssertionError("what is used stands in the log")

    def charge(self, cost: int, at_ms: float) -> None:
        """Take units that ``wait_ms`` has found free."""
        since_ms = at_ms
        if self.count > self.EXACT_COUNT:
            slice_ms = self.window_ms / self.SLICES
            since_ms = (at_ms // slice_ms + 1) * slice_ms
        back_ms = max(since_ms + self.window_ms, self.idle_at_ms())
        if self._log and self._log[-1][0] == back_ms:
            self._log[-1][1] += cost
        else:
            self._log.append([back_ms, cost])
        self._used += cost

    def reset_ms(self, at_ms: float) -> int:
        return math.ceil(self._log[0][0] - at_ms) if self.used_at(at_ms) else 0

    def idle_at_ms(self) -> float:
        return self._log[-1][0] if self._log else -math.inf


# === 6 Stores =====================================================================================


@dataclass(frozen=True)
class Admission:
    """What a store answers: ``admitted``, or the code of a refusal, and what belongs to it."""

    code: str
    levels: tuple[Level, ...] = ()
    retry_after_ms: int | None = None
    dead_since: int | None = None


class _KeyMemory:
    """One key's nonces with their signed times, and its horizon."""

    def __init__(self) -> None:
        self.nonces: set[bytes] = set()
        self.oldest: list[tuple[int, bytes]] = []  # a heap
        self.horizon: float = -math.inf
        self.raised_at = 0

    def raise_horizon(self, ts: int, now: int) -> None:
        if ts > self.horizon:
            self.horizon, self.raised_at = ts, now

    def forget_oldest(self, now: int) -> None:
        ts, nonce = heapq.heappop(self.oldest)
        self.nonces.remove(nonce)
        self.raise_horizon(ts, now)


class MemoryStore:
    """Nonces and budgets in the memory of one process. Every method is one atomic step, under one lock.

    A new process cannot know what the one before it admitted. So a store begins with a horizon ``future_ms`` ahead:
    for that long (10 s), what is signed is answered ``store-recovering``, and clients wait and sign anew.
    ``after_restart=False`` is for tests, and for keys that nobody has used before: without the horizon, whatever was
    admitted in the last ``past_ms`` can be admitted once more. Budgets start full in any case.

    ``max_nonces`` is per key (above it the oldest go, and that key's horizon rises), ``max_budgets`` per owner (above
    it new budgets are refused until one is idle).
    """

    def __init__(
        self,
        *,
        past_ms: int = 300_000,
        future_ms: int = 10_000,
        max_nonces: int = 100_000,
        max_budgets: int = 10_000,
        after_restart: bool = True,
        clock: Callable[[], int] = wall_clock_ms,
        monotonic: Callable[[], float] = monotonic_ms,
    ) -> None:
        for name, value in (("past_ms", past_ms), ("max_nonces", max_nonces), ("max_budgets", max_budgets)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: expected a positive integer")
        if not isinstance(future_ms, int) or future_ms < 0:
            raise ValueError("future_ms: expected an integer of 0 or more")
        self.past_ms, self.future_ms = past_ms, future_ms
        self.monotonic_ms = monotonic
        self._clock = clock
        self._max_nonces, self._max_budgets = max_nonces, max_budgets
        self._keys: dict[str, _KeyMemory] = {}
        self._budgets: dict[str, dict[str, Window]] = {}
        self._lock = threading.RLock()
        self._lead: float = clock() - monotonic()  # of the wall clock over the monotonic one
        self._steady_since: float = -math.inf
        self._begun = self.now_ms()
        self._first_horizon: float = self._begun + future_ms if after_restart else -math.inf

    def now_ms(self) -> int:
        """The store's clock. Notices when it was set."""
        with self._lock:
            now = int(self._clock())
            lead = now - self.monotonic_ms()
            if abs(lead - self._lead) > 250:  # more than slewing and scheduling make of it
                self._steady_since = now
            self._lead = lead
            return now

    def declare_stale(self, key_id: str, ts: int) -> int | None:
        """Since when this key's signatures of this time are dead for good; ``None`` when they are not."""
        with self._lock:
            now = self.now_ms()
            return None if ts >= now - self.past_ms else self._bury(self._memory(key_id), ts, now)

    def admit(self, key_id: str, owner: str, nonce: bytes, ts: int, charges: Sequence[Charge]) -> Admission:
        """Claim the nonce and make every charge, or neither."""
        with self._lock:
            now, at_ms = self.now_ms(), self.monotonic_ms()
            memory = self._memory(key_id)
            while memory.oldest and memory.oldest[0][0] < now - self.past_ms:
                memory.forget_oldest(now)
            # 1 window and horizon
            if ts < now - self.past_ms:
                return Admission("stale-timestamp", dead_since=self._bury(memory, ts, now))
            if ts > now + self.future_ms:
                return Admission("future-timestamp")
            if ts <= max(memory.horizon, self._first_horizon):
                wait_ms = int(max(memory.horizon, self._first_horizon)) + 1 - now
                raised_at = self._begun if ts <= self._first_horizon else memory.raised_at
                dead_since = int(min(now, max(raised_at, self._steady_since)))
                return Admission("store-recovering", retry_after_ms=max(wait_ms, 0), dead_since=dead_since)
            # 2 replay
            if nonce in memory.nonces:
                return Admission("replayed-nonce", dead_since=now)
            # 3 budgets
            limited = self._limited(owner, charges, at_ms)
            if limited is not None:
                return limited
            # 4 the claim
            if len(memory.nonces) >= self._max_nonces:
                memory.forget_oldest(now)
            memory.nonces.add(nonce)
            heapq.heappush(memory.oldest, (ts, nonce))
            windows = self._budgets.setdefault(owner, {}) if charges else {}
            for due in charges:
                windows.setdefault(due.name, Window(due.count, due.window_ms)).charge(due.cost, at_ms)
            return Admission("admitted", tuple(_level(due, windows[due.name], at_ms) for due in charges))

    def _memory(self, key_id: str) -> _KeyMemory:
        return self._keys.setdefault(key_id, _KeyMemory())

    def _bury(self, memory: _KeyMemory, ts: int, now: int) -> int:
        memory.raise_horizon(ts, now)
        return int(min(now, max(ts + self.past_ms, self._steady_since)))

    def _limited(self, owner: str, charges: Sequence[Charge], at_ms: float) -> Admission | None:
        windows = self._budgets.get(owner, {})
        new = [due for due in charges if due.name not in windows]
        place_ms = self._wait_for_places(windows, {due.name for due in charges}, len(new), at_ms)
        waits: list[int | None] = []
        for due in charges:
            window = windows.get(due.name)
            wait_ms = place_ms if window is None else window.wait_ms(due.cost, at_ms)
            waits.append(None if due.cost > due.count else wait_ms)
        if all(wait_ms == 0 for wait_ms in waits):
            return None
        levels = []
        for due, wait_ms in zip(charges, waits):
            level = _level(due, windows.get(due.name), at_ms, wait_ms != 0)
            if due in new and place_ms != 0:
                level = Level(due.name, due.count, due.window_ms, 0, place_ms or 0, True)
            levels.append(level)
        known = [wait_ms for wait_ms in waits if wait_ms is not None]
        return Admission("rate-limited", tuple(levels), max(known) if len(known) == len(waits) else None)

    def _wait_for_places(self, windows: dict[str, Window], kept: set[str], new: int, at_ms: float) -> int | None:
        """Until this owner's table has a place for new budgets: 0 when it has. Drops idle ones for that alone."""
        if len(windows) + new <= self._max_budgets:
            return 0
        others = sorted((window.idle_at_ms(), name) for name, window in windows.items() if name not in kept)
        for idle_at_ms, name in others:
            if idle_at_ms <= at_ms:
                del windows[name]
        lacking = len(windows) + new - self._max_budgets
        waiting = [idle_at_ms for idle_at_ms, name in others if name in windows]
        if lacking <= 0:
            return 0
        return math.ceil(waiting[lacking - 1] - at_ms) if lacking <= len(waiting) else None


def _level(due: Charge, window: Window | None, at_ms: float, violated: bool = False) -> Level:
    remaining = due.count if window is None else due.count - window.used_at(at_ms)
    reset_ms = 0 if window is None else window.reset_ms(at_ms)
    return Level(due.name, due.count, due.window_ms, remaining, reset_ms, violated)


# === 7 The published vectors ======================================================================

def answer_vector(question: dict[str, Any]) -> dict[str, Any]:
    """What this module makes of one question of the conformance kit (packages/canonical/vectors/README.md)."""
    task = question["task"]
    if task == "sign":
        return _answer_sign(question)
    if task == "verify":
        try:
            head = check_head(
                question["method"],
                question["target"],
                [(name, value) for name, value in question["headers"]],
                audience=question.get("accept", ANY_HOST),
                field=question.get("header", "authorization"),
                require_signed=question.get("requireSigned", ()),
            )
        except Refused as refusal:
            return {"refused": refusal.code}
        return {"canonical": head.canonical, "signature": hmac_hex(decode_secret(question["secret"]), head.canonical)}
    subject = (question["keyId"], question["nonce"], question["requestSignature"])
    if task == "write-verdict":
        said = (question["code"], question["time"], question["deadSince"], question["retryAfterMs"])
        text = verdict_text(*subject, *said)
        signature = hmac_hex(decode_secret(question["secret"]), text)
        return {"text": text, "signature": signature, "field": format_verdict(*said, signature)}
    if task == "open-verdict":
        verdict = read_verdict(question["field"], question["secret"], *subject)
        if verdict is None:
            return {"refused": True}
        return {
            "code": verdict.code,
            "time": str(verdict.time),
            "deadSince": "" if verdict.dead_since is None else str(verdict.dead_since),
            "retryAfterMs": "" if verdict.retry_after_ms is None else str(verdict.retry_after_ms),
        }
    return {"unsupported": f"the task {task}"}


def _answer_sign(question: dict[str, Any]) -> dict[str, Any]:
    body = base64.b64decode(question["bodyBase64"]) if "bodyBase64" in question else question["body"].encode("utf-8")
    headers = [(name, value) for name, value in question["headers"]]
    names = tuple(question["signed"])
    key, ts, nonce, scope = question["keyId"], question["timestamp"], question["nonce"], question["scope"]
    digest = hashlib.sha256(body).hexdigest()
    try:
        target = canonical_target(question["target"])
        audience = canonical_authority(question["audience"]) if "audience" in question else target.authority
        if audience is None:
            raise Refused("malformed-request", "the audience is outside the grammar")
        canonical = canonical_string(
            method=check_method(question["method"]),
            audience=audience,
            path=target.path,
            query=target.query,
            digest=digest,
            ts=ts,
            nonce=nonce,
            key=key,
            scope=scope,
            signed=[(name, signed_value(headers, name)) for name in names],
        )
    except Refused as refusal:
        return {"refused": refusal.code}
    sig = hmac_hex(decode_secret(question["secret"]), canonical)
    value = format_authorization(SignatureFields(key, ts, nonce, scope, digest, names, sig))
    return {"canonical": canonical, "signature": sig, "authorization": value}


def _answer_vectors() -> int:
    for line in sys.stdin.buffer:
        question = json.loads(line)
        # Flushed: whoever asks may wait for this answer before the next question.
        print(json.dumps({"name": question["name"], **answer_vector(question)}), flush=True)
    return 0


# --- the command line -----------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="countersign.py",
        description="Sign an HTTP request with CS1-HMAC-SHA256. The secret is read from $COUNTERSIGN_SECRET.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in (("sign", "print the header field"), ("send", "send the request, print the answer")):
        command = commands.add_parser(name, help=summary)
        command.add_argument("method")
        command.add_argument("url")
        command.add_argument("--key", default=os.environ.get("COUNTERSIGN_KEY"), help="default: $COUNTERSIGN_KEY")
        command.add_argument("--scope", default="")
        command.add_argument("--audience", help="the server's own name; default: the host of the URL")
        command.add_argument("--field", default="Authorization", help="the field that carries the signature")
        command.add_argument("-H", "--header", action="append", default=[], metavar="NAME: VALUE")
        command.add_argument("--sign-header", action="append", default=[], metavar="NAME")
        command.add_argument("-d", "--data", default="", help="the body; @FILE reads a file, @- standard input")
        if name == "sign":
            command.add_argument("--ts", type=int, help="Unix time in milliseconds, instead of now")
            command.add_argument("--nonce", help="instead of a random one")
            command.add_argument("--canonical", action="store_true", help="print the canonical string, too")
    commands.add_parser("vectors", help="answer the published vectors: a JSON line in, a JSON line out")
    options = parser.parse_args(argv)
    if options.command == "vectors":
        return _answer_vectors()
    secret = os.environ.get("COUNTERSIGN_SECRET")
    if not options.key or not secret:
        parser.error("a key id (--key) and a secret ($COUNTERSIGN_SECRET) are needed")
    ts, nonce = getattr(options, "ts", None), getattr(options, "nonce", None)
    headers = []
    for line in options.header:
        name, colon, value = line.partition(":")
        if not colon:
            parser.error(f"--header {line!r}: expected NAME: VALUE")
        headers.append((name, value.strip(" \t")))
    try:
        signer = Signer(
            options.key,
            secret,
            scope=options.scope,
            audience=options.audience,
            field=options.field,
            sign_headers=options.sign_header,
            clock=wall_clock_ms if ts is None else lambda: ts,
            nonce=random_nonce if nonce is None else lambda: nonce,
        )
        body = _read_data(options.data)
        if options.command == "sign":
            signed = signer.sign(options.method, options.url, headers, body)
            if options.canonical:
                print(signed.canonical, end="\n\n")
            print(f"{options.field}: {signed.value}")
            return 0
        response = Client(signer).send(options.method, options.url, headers, body)
    except (TypeError, ValueError, CallError, OSError) as error:
        print(f"countersign.py: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(response.status, file=sys.stderr)
    for name, value in response.headers:
        print(f"{name}: {value}", file=sys.stderr)
    sys.stdout.buffer.write(response.body)
    return 0 if response.status < 400 else 1


def _read_data(data: str) -> bytes:
    if data == "@-":
        return sys.stdin.buffer.read()
    if data.startswith("@"):
        with open(data[1:], "rb") as file:
            return file.read()
    return data.encode("utf-8")


if __name__ == "__main__":
    sys.exit(main())
