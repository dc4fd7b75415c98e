#!/usr/bin/env python3
"""Countersign's wire protocol CS1-HMAC-SHA256 in one file of standard-library Python.

What is here: the rules of the specification (docs/spec.md, section 2), the first step of a verifier
(``check_head``), a ``Signer``, and a small ``Client`` that keeps the rule "one call, one signature".
What is not: a nonce store, rate budgets, a key directory. Those are the server's.

Texts that came off the wire are ``str`` with one character per byte (latin-1), as ``http.server``,
WSGI and ``http.client`` give them. Times are Unix milliseconds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import random
import re
import string
import sys
import time
import uuid
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Sequence, Union

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
    """A request that the protocol refuses. ``code`` is stable, ``detail`` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def _lower(text: str) -> str:
    """Lower-case A-Z and nothing else: ``str.lower`` would turn U+212A into ``k``."""
    return text.translate(_ASCII_LOWER)


_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


# --- method, audience, target (spec 2.2) ----------------------------------------------------------

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


# --- scope and signed headers (spec 2.1, 2.2) -----------------------------------------------------

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
    values = [value for other, value in headers if _lower(other) == name]
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


# --- the Authorization value (spec 2.1) -----------------------------------------------------------


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


# --- secrets and MACs (spec 2.3) ------------------------------------------------------------------


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


# --- the verifier's first step (spec 2.2; the rest of a verifier is not here) ---------------------


class AnyHost:
    """The audience policy that takes whatever was addressed. For development."""


ANY_HOST = AnyHost()
AudiencePolicy = Union[str, Sequence[str], AnyHost]


@dataclass(frozen=True)
class CheckedHead:
    """A request head that is well-formed. Nothing is proved yet: ``is_authentic`` does that."""

    fields: SignatureFields
    audience: str
    path: str
    query: str
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
    accepted = _accepted_audiences(audience)
    field = _lower(field)

    values = [value for name, value in headers if _lower(name) == field]
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
    return CheckedHead(fields, addressed, parts.path, parts.query, text)


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
        values = [value for name, value in headers if _lower(name) == source]
        if not values:
            continue
        authority = canonical_authority(values[0]) if len(values) == 1 else None
        if authority is None:
            raise Refused("malformed-request", f"{source} is repeated or outside the grammar")
        return authority
    raise Refused("malformed-request", "there is no Host")


# --- the authenticated verdict (spec 2.4) ---------------------------------------------------------

VERDICT_FIELD = "countersign-verdict"


@dataclass(frozen=True)
class Verdict:
    """What a verifier said, proved to come from someone who holds the secret."""

    code: str
    time: int
    dead_since: int | None
    retry_after_ms: int | None


_VERDICT = re.compile(
    r'code="([a-z]+(?:-[a-z]+)*)", time="([1-9][0-9]{12})", dead-since="((?:[1-9][0-9]{12})?)",'
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


# --- the signer -----------------------------------------------------------------------------------


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


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

    ``secret`` is ``cs1s_…`` or at least 32 bytes. ``scope`` is the default scope. ``field`` is the
    field that carries the signature. ``sign_headers`` are fields that are signed whenever present,
    besides the usual ones. ``clock`` gives Unix milliseconds, ``nonce`` a fresh lower-case UUID.
    """

    def __init__(
        self,
        key_id: str,
        secret: str | bytes,
        *,
        scope: str = "",
        field: str = "authorization",
        sign_headers: Iterable[str] = (),
        clock: Callable[[], int] = wall_clock_ms,
        nonce: Callable[[], str] = random_nonce,
    ) -> None:
        if not _SEGMENT.fullmatch(key_id):
            raise TypeError("key_id: expected 1 to 64 of A-Z a-z 0-9 . _ ~ -")
        if not is_scope(scope):
            raise TypeError("scope: outside the grammar")
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
        audience = canonical_authority(authority)
        if audience is None:
            raise Refused("malformed-target", "the URL's authority is outside the grammar")
        parts = canonical_target(target)
        names = sorted({_lower(name) for name, _ in headers} & self._names)
        if len(names) > MAX_SIGNED_NAMES:
            raise TypeError(f"headers: more than {MAX_SIGNED_NAMES} fields to sign")
        digest = hashlib.sha256(body).hexdigest()
        ts, nonce = str(self.now_ms()), self._nonce()
        text = canonical_string(
            method=method,
            audience=audience,
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


# --- the client (one call, one signature) ---------------------------------------------------------


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
    """Not admitted: a budget is spent for another ``retry_after_ms`` (``None``: the server did not say)."""

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


_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
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
                elif verdict.code == "admitted":
                    return response
                elif verdict.code == "rate-limited":
                    end = RateLimitedError(verdict.retry_after_ms, response)
                    wait_ms = self._asked_wait_ms(verdict, wait_ms)
                elif verdict.code == "store-unavailable":
                    end = StoreUnavailableError("the server's store is unavailable", response)
                    wait_ms = self._asked_wait_ms(verdict, wait_ms)
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

    def _asked_wait_ms(self, verdict: Verdict, fallback_ms: float) -> float:
        """Never earlier than asked, and a little later than the other clients."""
        if verdict.retry_after_ms is None:
            return fallback_ms
        return verdict.retry_after_ms + self._jitter() * (50 + verdict.retry_after_ms / 10)

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
        verdicts = [value for name, value in headers if _lower(name) == VERDICT_FIELD]
        fields = request.fields
        verdict = None
        if len(verdicts) == 1:
            verdict = read_verdict(verdicts[0], self._signer.secret, fields.key, fields.nonce, fields.sig)
        return Response(answer.status, headers, body, verdict)


# --- the published vectors (countersign vectors --run 'python3 countersign.py vectors') -----------


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
