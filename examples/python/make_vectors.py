#!/usr/bin/env python3
"""Writes the test vectors of CS1-HMAC-SHA256, packages/canonical/vectors/*.json.

    python3 make_vectors.py           write the files
    python3 make_vectors.py --check   write nothing; exit with 1 if a file differs

What a request should become (path, query, audience, refusal code) is stated here by hand, vector by
vector; ``countersign.py`` has to agree before anything is written. Only MACs come from the code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import sys
from pathlib import Path
from typing import Any, Callable, Iterable

import countersign as cs

VECTORS = Path(__file__).resolve().parents[2] / "packages" / "canonical" / "vectors"

SECRET = "cs1s_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
KEY = "key_live_1"
TIME = "1763750000000"
NONCE = "0f8fad5b-d9cb-469f-a165-70867728950e"
HOST = "api.example.com"
DEFAULT = object()

Vector = dict[str, Any]
Pairs = list[tuple[str, str]]


def nonce_for(name: str) -> str:
    """A nonce of its own for each vector, so that a runner may keep one store."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]])


class Stage:
    """Collects the vectors of one file."""

    def __init__(self) -> None:
        self.vectors: list[Vector] = []

    def accept(
        self,
        name: str,
        target: str = "/",
        *,
        path: str = "/",
        query: str = "",
        addressed: str = HOST,
        values: Pairs | None = None,
        **request: Any,
    ) -> None:
        """A request that is well-formed; ``path``, ``query``, ``addressed`` and the signed ``values``
        are what it should become."""
        vector, body = _request(name, target, **request)
        signed = list(zip(vector["signed"], (value for _, value in vector["headers"]))) if values is None else values
        if [field for field, _ in signed] != vector["signed"]:
            raise AssertionError(f"{name}: state the signed values")
        _sign(vector, body, path, query, addressed, signed)
        head = check(vector)
        expected = (path, query, addressed, vector["canonical"])
        if (head.path, head.query, head.audience, head.canonical) != expected:
            raise AssertionError(f"{name}: expected {expected}, got {head}")
        self.vectors.append(vector)

    def refuse(
        self,
        name: str,
        code: str,
        target: str = "/",
        *,
        detail: str,
        path: str | None = None,
        query: str = "",
        addressed: str = HOST,
        values: Pairs | None = None,
        mutate: Callable[[str], str | None] | None = None,
        listed: str | None = None,
        **request: Any,
    ) -> None:
        """A request to refuse. Its signature is right for ``path``, ``query``, ``addressed`` and
        ``values`` (by default: what a careless implementation makes of it). ``listed`` is the
        headers parameter, where it is not simply the signed names; ``mutate`` edits the value."""
        vector, body = _request(name, target, **request)
        if path is None:
            path, _, query = target.partition("?")
        if values is None:
            first = {field.lower(): value for field, value in reversed(vector["headers"])}
            values = [(field, first.get(field, "").strip(" \t")) for field in vector["signed"]]
        _sign(vector, body, path, query, addressed, values, listed)
        del vector["canonical"]
        if mutate is not None:
            value = mutate(vector["authorization"])
            if value is None:
                del vector["authorization"], vector["signature"]
            else:
                vector["authorization"] = value
        elif any(field.lower() == vector.get("header", "authorization") for field, _ in vector["headers"]):
            del vector["authorization"]
        vector["refused"] = code
        vector["detail"] = detail
        try:
            check(vector)
        except cs.Refused as refused:
            if refused.code != code:
                raise AssertionError(f"{name}: expected {code}, got {refused}") from refused
        else:
            raise AssertionError(f"{name}: expected {code}, but it was accepted")
        self.vectors.append(vector)


def _request(
    name: str,
    target: str,
    *,
    method: str = "GET",
    audience: Any = DEFAULT,
    headers: Iterable[tuple[str, str]] = (),
    signed: Iterable[str] | None = None,
    body: str | bytes = "",
    key: str = KEY,
    secret: str = SECRET,
    ts: str = TIME,
    nonce: str | None = None,
    scope: str = "",
    accept: list[str] | str | None = None,
    require_signed: list[str] | None = None,
    header: str | None = None,
) -> tuple[Vector, bytes]:
    pairs = [list(pair) for pair in headers]
    vector: Vector = {"name": name, "method": method, "target": target}
    has_host = any(field.lower() == "host" for field, _ in pairs)
    absolute = re.match(r"https?://", target, re.IGNORECASE | re.ASCII)
    if audience is not DEFAULT:
        if audience is not None:
            vector["audience"] = audience
    elif not has_host and not absolute:
        vector["audience"] = HOST
    vector["headers"] = pairs
    vector["signed"] = sorted(field.lower() for field, _ in pairs) if signed is None else list(signed)
    if isinstance(body, str):
        vector["body"] = body
        body = body.encode("utf-8")
    else:
        vector["bodyBase64"] = base64.b64encode(body).decode("ascii")
    vector |= {"keyId": key, "secret": secret, "timestamp": ts, "nonce": nonce or nonce_for(name), "scope": scope}
    if accept is not None:
        vector["accept"] = accept
    if require_signed is not None:
        vector["requireSigned"] = require_signed
    if header is not None:
        vector["header"] = header
    return vector, body


def _sign(
    vector: Vector, body: bytes, path: str, query: str, addressed: str, values: Pairs, listed: str | None = None
) -> None:
    """Adds canonical, signature and authorization, with the lines put together by hand."""
    digest = hashlib.sha256(body).hexdigest()
    ts, nonce, key, scope = vector["timestamp"], vector["nonce"], vector["keyId"], vector["scope"]
    lines = ["CS1-HMAC-SHA256", vector["method"], addressed, path, query, digest, ts, nonce, key, scope]
    lines += [f"{field}:{value}" for field, value in values]
    vector["canonical"] = "\n".join(lines)
    # UTF-8: what is no ASCII is refused, and gets the MAC that a careless implementation would make.
    text = vector["canonical"].encode("utf-8")
    sig = hmac.new(cs.decode_secret(vector["secret"]), text, hashlib.sha256).hexdigest()
    vector["signature"] = sig
    names = ";".join(field for field, _ in values) if listed is None else listed
    vector["authorization"] = (
        f'CS1-HMAC-SHA256 key="{key}", ts="{ts}", nonce="{nonce}", scope="{scope}",'
        f' digest="{digest}", headers="{names}", sig="{sig}"'
    )


def head_arguments(vector: Vector) -> tuple[tuple[str, str, Pairs], dict[str, Any]]:
    """How a runner puts a vector to a verifier: the arguments of ``check_head``."""
    headers = [(field, value) for field, value in vector["headers"]]
    present = {field.lower() for field, _ in headers}
    carrier = vector.get("header", "authorization")
    if "audience" in vector and "host" not in present:
        headers.insert(0, ("Host", vector["audience"]))
    if "authorization" in vector and carrier not in present:
        headers.append((carrier, vector["authorization"]))
    options = {
        "audience": vector.get("accept", cs.ANY_HOST),
        "field": carrier,
        "require_signed": vector.get("requireSigned", ()),
    }
    return (vector["method"], vector["target"], headers), options


def check(vector: Vector) -> cs.CheckedHead:
    arguments, options = head_arguments(vector)
    return cs.check_head(*arguments, **options)


# --- the files ------------------------------------------------------------------------------------


def worked_examples(to: Stage) -> None:
    to.accept(
        "the worked example with a body, a query and a signed header",
        "/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a",
        method="POST",
        audience="API.example.com:443",
        headers=[("Content-Type", "application/json")],
        body='{"amount":1299}',
        scope="orders:write",
        nonce=NONCE,
        path="/v1/orders/~eu",
        query="limit=20&sort=-created&tag=b&tag=a",
    )
    to.accept("the worked example with an empty scope and no signed header", "/v1/orders", nonce=NONCE, path="/v1/orders")
    to.accept(
        "the first worked example in absolute form",
        "https://API.example.com:443/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a",
        method="POST",
        headers=[("Content-Type", "application/json")],
        body='{"amount":1299}',
        scope="orders:write",
        nonce=NONCE,
        path="/v1/orders/~eu",
        query="limit=20&sort=-created&tag=b&tag=a",
    )
    assert to.vectors[0]["signature"] == "0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088"
    assert to.vectors[1]["signature"] == "05a88f6335cab38350b18dbbdfeee1398c5a7f53c6771b38a7b9264a6da5ace1"
    assert to.vectors[2]["signature"] == to.vectors[0]["signature"]


def paths(to: Stage) -> None:
    for name, path, canonical in [
        ("the root", "/", "/"),
        ("unreserved characters and sub-delimiters stay", "/az-AZ.09_~!$&'()*+,;=:@/", "/az-AZ.09_~!$&'()*+,;=:@/"),
        ("an encoded unreserved character is decoded, hex in lower case", "/%7e%2d%5f%61", "/~-_a"),
        ("an encoded unreserved character is decoded, hex in upper case", "/%7E%2D%5F%41", "/~-_A"),
        ("an encoded digit is decoded", "/%30%39", "/09"),
        ("an encoded dot within a piece is decoded", "/a%2eb", "/a.b"),
        ("other encodings stay, their hex in upper case", "/caf%c3%a9", "/caf%C3%A9"),
        ("other encodings in upper case stay as they are", "/caf%C3%A9", "/caf%C3%A9"),
        ("hex of mixed case", "/%c3%A9%aF", "/%C3%A9%AF"),
        ("encoded bytes that are invalid UTF-8 stay", "/%ff%fe", "/%FF%FE"),
        ("encoded sub-delimiters stay encoded", "/%21%24%26%27%28%29%2a%2b%2c%3b%3d", "/%21%24%26%27%28%29%2A%2B%2C%3B%3D"),
        ("an encoded colon and at sign stay encoded", "/%3a%40", "/%3A%40"),
        ("an encoded slash stays encoded", "/a%2fb", "/a%2Fb"),
        ("an encoded backslash stays encoded", "/a%5cb", "/a%5Cb"),
        ("an encoded question mark and number sign stay encoded", "/a%3fb%23c", "/a%3Fb%23c"),
        ("an encoded space stays encoded and is not a plus", "/a%20b", "/a%20b"),
        ("a plus in the path stays a plus", "/a+b", "/a+b"),
        ("a double encoding is decoded once at most", "/%252e%252e/%2561", "/%252e%252e/%2561"),
        ("a double encoding keeps the case of what follows", "/%25c3%25A9", "/%25c3%25A9"),
        ("an encoded percent sign before two hex digits stays", "/100%25ab", "/100%25ab"),
        ("other visible characters are encoded", '/"<>[]^`{|}', "/%22%3C%3E%5B%5D%5E%60%7B%7C%7D"),
        ("brackets, encoded or raw, are the same", "/[a]%5bb%5D", "/%5Ba%5D%5Bb%5D"),
        ("empty pieces are kept", "//a///b//", "//a///b//"),
        ("a path that begins with two slashes is a path", "//evil.example/a", "//evil.example/a"),
        ("a trailing slash is kept", "/a/", "/a/"),
        ("letter case is kept", "/Orders/ABC", "/Orders/ABC"),
        ("path parameters are kept", "/a;v=1.2/b;c", "/a;v=1.2/b;c"),
        ("encoded high control U+0080 is not a control byte", "/%c2%80", "/%C2%80"),
        ("three dots are no dot segment", "/.../a", "/.../a"),
        ("a name with a leading dot is no dot segment", "/.well-known/..a", "/.well-known/..a"),
        ("a name with a trailing dot is no dot segment", "/a./b..", "/a./b.."),
        ("a doubly encoded dot segment is no dot segment", "/a/%252e%252e/b", "/a/%252e%252e/b"),
        ("a doubly encoded slash splits nothing", "/..%252fa", "/..%252fa"),
        ("an encoded semicolon ends no piece", "/..%3bx/a", "/..%3Bx/a"),
        ("three dots before a semicolon are no dot segment", "/...;x", "/...;x"),
        ("a semicolon before two dots makes no dot segment", "/;../a", "/;../a"),
        ("dots and a space are no dot segment", "/..%20/a", "/..%20/a"),
        ("a dot, a plus and a dot are no dot segment", "/.+./a", "/.+./a"),
        ("fullwidth dots in UTF-8 are no dot segment", "/%ef%bc%8e%ef%bc%8e/a", "/%EF%BC%8E%EF%BC%8E/a"),
        ("an overlong UTF-8 slash splits nothing", "/..%c0%af", "/..%C0%AF"),
        ("a long path", "/" + "a" * 4000, "/" + "a" * 4000),
    ]:
        to.accept(f"path: {name}", path, path=canonical)

    for name, path, canonical in [
        ("a single dot", "/./a", "/./a"),
        ("two dots", "/a/../b", "/a/../b"),
        ("a trailing single dot", "/a/.", "/a/."),
        ("two trailing dots", "/a/..", "/a/.."),
        ("only a dot", "/.", "/."),
        ("only two dots", "/..", "/.."),
        ("two dots and a trailing slash", "/a/../", "/a/../"),
        ("an encoded dot in lower case", "/a/%2e/b", "/a/./b"),
        ("an encoded dot in upper case", "/a/%2E/b", "/a/./b"),
        ("two encoded dots", "/a/%2e%2E/b", "/a/../b"),
        ("half encoded", "/a/.%2e/b", "/a/../b"),
        ("the other half encoded", "/a/%2e./b", "/a/../b"),
        ("dots before an encoded slash", "/a/..%2fb", "/a/..%2Fb"),
        ("dots after an encoded slash", "/a%2F../b", "/a%2F../b"),
        ("dots between encoded slashes", "/a%2f%2e%2e%2fb", "/a%2F..%2Fb"),
        ("dots before an encoded backslash", "/a/..%5cb", "/a/..%5Cb"),
        ("dots after an encoded backslash", "/a%5C..", "/a%5C.."),
        ("dots at once after an encoded backslash", "/%5c../a", "/%5C../a"),
        ("dots between an encoded slash and an encoded backslash", "/a%2f..%5Cb", "/a%2F..%5Cb"),
        ("a dot with a path parameter", "/a/.;x/b", "/a/.;x/b"),
        ("two dots with a path parameter", "/a/..;x=1/b", "/a/..;x=1/b"),
        ("two dots with an empty path parameter", "/a/..;/b", "/a/..;/b"),
        ("encoded dots with a path parameter", "/a/%2e%2e;x/b", "/a/..;x/b"),
        ("two dots, a parameter and an encoded slash", "/a/..;x%2fb", "/a/..;x%2Fb"),
        ("dots after a parameter that holds an encoded slash", "/a;x%2f../b", "/a;x%2F../b"),
        ("two dots in the first piece after empty ones", "//../a", "//../a"),
    ]:
        to.refuse(
            f"path: a dot segment: {name}", "ambiguous-target", path, path=canonical,
            detail="One parser climbs here and another does not; nothing ambiguous is repaired.",
        )

    for name, path, detail in [
        ("a percent sign at the end", "/a%", "A % needs two hex digits."),
        ("a percent sign and one hex digit", "/a%4", "A % needs two hex digits."),
        ("a percent sign and no hex digit", "/a%zz", "A % needs two hex digits."),
        ("a percent sign and half a hex pair", "/a%4g", "A % needs two hex digits."),
        ("two percent signs", "/a%%41", "A % needs two hex digits."),
        ("a percent sign across a slash", "/a%4/1", "A % needs two hex digits."),
        ("a percent sign and a signed number", "/a%+1b", "A lenient hex parser takes +1 for a number."),
        ("a percent sign and 0x", "/a%0x41", "A lenient hex parser reads on."),
        ("a legacy %u escape", "/a%u0041", "%u is no percent-encoding."),
        ("a raw space", "/a b", "A raw space ends the target in a request line."),
        ("a raw tab", "/a\tb", "A raw control character."),
        ("a raw line feed", "/a\nb", "A raw control character would add a line to the canonical string."),
        ("a raw carriage return", "/a\rb", "A raw control character."),
        ("a raw NUL", "/a\x00b", "A raw control character."),
        ("a raw DEL", "/a\x7fb", "A raw control character."),
        ("a line feed at the very end", "/a\n", "A pattern whose end matches before a final line feed lets this through."),
        ("a raw backslash", "/a\\b", "Some parsers take a backslash for a slash."),
        ("a raw number sign", "/a#b", "A fragment is never sent."),
        ("raw UTF-8", "/caf\u00c3\u00a9", "Non-ASCII bytes have to be percent-encoded by the client."),
        ("a raw byte of the upper half", "/\u00ff", "Non-ASCII bytes have to be percent-encoded by the client."),
        ("a raw C1 control", "/\u0085", "Non-ASCII bytes have to be percent-encoded by the client."),
        ("a raw no-break space", "/a\u00a0b", "Non-ASCII bytes have to be percent-encoded by the client."),
        ("an encoded NUL", "/a%00b", "An encoded control character in the path."),
        ("an encoded line feed", "/a%0ab", "An encoded control character in the path."),
        ("an encoded carriage return in upper case", "/a%0Db", "An encoded control character in the path."),
        ("an encoded tab", "/a%09", "An encoded control character in the path."),
        ("an encoded unit separator", "/a%1f", "An encoded control character in the path: the last of the first block."),
        ("an encoded DEL", "/a%7f", "An encoded control character in the path."),
        ("an encoded DEL in upper case", "/a%7F", "An encoded control character in the path."),
    ]:
        to.refuse(f"path: {name}", "malformed-target", path, detail=detail)


def queries(to: Stage) -> None:
    for name, query, canonical in [
        ("no pieces after the question mark", "?", ""),
        ("pieces are sorted by name", "?b=2&a=1&c=3", "a=1&b=2&c=3"),
        ("the values do not count for the order", "?a=2&a=1", "a=2&a=1"),
        ("repeated names keep their order among others", "?tag=b&limit=1&tag=a", "limit=1&tag=b&tag=a"),
        ("upper case sorts before lower case", "?a=1&B=2&_=3", "B=2&_=3&a=1"),
        ("a name sorts before a longer one that begins with it", "?ab=1&a=2", "a=2&ab=1"),
        ("the equals sign takes no part in the comparison", "?a-b=1&a=2&a0=3", "a=2&a-b=1&a0=3"),
        ("digits sort as text", "?10=a&9=b", "10=a&9=b"),
        ("a name without an equals sign is kept so", "?a", "a"),
        ("a name with an empty value is kept so", "?a=", "a="),
        ("a and a= share a root and keep their order", "?a=&a", "a=&a"),
        ("a and a= in the other order", "?a&a=", "a&a="),
        ("a second equals sign belongs to the value", "?a=b=c", "a=b=c"),
        ("an encoded equals sign belongs to the name", "?a%3Db=1&a=2", "a=2&a%3Db=1"),
        ("an encoded ampersand splits nothing", "?b=1%26a=2", "b=1%26a=2"),
        ("empty pieces are kept and sort first", "?b&&a&", "&&a&b"),
        ("only ampersands", "?&&", "&&"),
        ("an empty name with a value", "?a=1&=2", "=2&a=1"),
        ("empty names keep their order", "?=2&&=1", "=2&&=1"),
        ("further question marks belong to the query", "?a=1?b=2", "a=1?b=2"),
        ("a leading second question mark belongs to the name", "?a=1&?b=2", "?b=2&a=1"),
        ("two question marks at the beginning", "??", "?"),
        ("plus, %20 and %2B remain three things", "?a=1+2%202%2B2", "a=1+2%202%2B2"),
        ("%2b in lower case", "?a=%2b", "a=%2B"),
        ("a+b and a%20b share a root", "?a+b=1&a%20b=2", "a+b=1&a%20b=2"),
        ("a%20b and a+b in the other order", "?a%20b=2&a+b=1", "a%20b=2&a+b=1"),
        ("a%2Bb has another root than a+b", "?a%2Bb=1&a+b=2", "a+b=2&a%2Bb=1"),
        ("a[x] and a share a root", "?a[x]=1&a=2", "a%5Bx%5D=1&a=2"),
        ("a and a[x] in the other order", "?a=2&a[x]=1", "a=2&a%5Bx%5D=1"),
        ("a%5Bx%5D and a[x] are the same", "?a%5bx%5d=1&a=2", "a%5Bx%5D=1&a=2"),
        ("a.x and a share a root", "?a.x=1&a=2", "a.x=1&a=2"),
        ("a%2Ex and a.x are the same", "?a%2Ex=1&a=2", "a.x=1&a=2"),
        ("a.x, a[y] and a share a root and sort as one", "?b=0&a.x=1&a[y]=2&a=3", "a.x=1&a%5By%5D=2&a=3&b=0"),
        ("array brackets", "?b[]=2&a[]=1&b[]=1", "a%5B%5D=1&b%5B%5D=2&b%5B%5D=1"),
        ("nested brackets are cut at the first", "?a[b][c]=1&a[a]=2", "a%5Bb%5D%5Bc%5D=1&a%5Ba%5D=2"),
        ("a closing bracket alone cuts nothing", "?a]x=1&a=2", "a=2&a%5Dx=1"),
        ("an unclosed bracket cuts", "?a[=1&a=2", "a%5B=1&a=2"),
        ("a trailing dot cuts", "?a.=1&a=2", "a.=1&a=2"),
        ("an encoded equals sign before a bracket belongs to the root", "?b%3D[x]=1&b=2", "b=2&b%3D%5Bx%5D=1"),
        ("a raw equals sign before a bracket ends the name", "?a=[x]&a=.y", "a=%5Bx%5D&a=.y"),
        ("a name that begins with a bracket is not the empty name", "?[x]=1&=2&a=3", "=2&%5Bx%5D=1&a=3"),
        ("a name that begins with a dot is not the empty name", "?a=3&.x=1&=2", "=2&.x=1&a=3"),
        ("a leading dot sorts before a leading bracket", "?[x]=1&.x=2", ".x=2&%5Bx%5D=1"),
        ("only a bracket and only a dot", "?[=1&.=2&=3", "=3&.=2&%5B=1"),
        ("names that begin with a bracket keep their order (root: the bracket)", "?[y]=1&[x]=2", "%5By%5D=1&%5Bx%5D=2"),
        ("names that begin with a dot keep their order (root: the dot)", "?.y=1&.x=2", ".y=1&.x=2"),
        ("encoded names compare decoded", "?%62=1&a=2", "a=2&b=1"),
        ("encoded bytes compare as bytes, not as text", "?%c3%a9=1&z=2&%e2%82%ac=3", "z=2&%C3%A9=1&%E2%82%AC=3"),
        ("a high code point in UTF-8 sorts after U+FFFD (byte order, not UTF-16)",
         "?%f0%9f%98%80=1&%ef%bf%bd=2", "%EF%BF%BD=2&%F0%9F%98%80=1"),
        ("names of invalid UTF-8 are not conflated", "?%ff=1&%fe=2", "%FE=2&%FF=1"),
        ("a name of invalid UTF-8 and U+FFFD are not conflated", "?%fe=1&%ef%bf%bd=2", "%EF%BF%BD=2&%FE=1"),
        ("a truncated UTF-8 name sorts before the whole one", "?%c3%a9=1&%c3=2", "%C3=2&%C3%A9=1"),
        ("a doubly encoded name is decoded once", "?%2562=1&b=2", "%2562=1&b=2"),
        ("__proto__ is a name as any other", "?b=1&__proto__=2&a=3&__proto__[x]=4", "__proto__=2&__proto__%5Bx%5D=4&a=3&b=1"),
        ("constructor and toString are names as any other", "?toString=1&constructor=2", "constructor=2&toString=1"),
        ("raw brackets and braces are encoded", '?q={"a":[1]}', "q=%7B%22a%22:%5B1%5D%7D"),
        ("a raw backslash is encoded", "?a=\\", "a=%5C"),
        ("an apostrophe stays", "?a='", "a='"),
        ("slash, colon and at sign stay", "?a=/:@", "a=/:@"),
        ("an encoded slash stays encoded", "?a=%2f", "a=%2F"),
        ("an encoded question mark stays encoded", "?a=%3f", "a=%3F"),
        ("an encoded number sign stays encoded", "?a=%23", "a=%23"),
        ("a semicolon splits nothing", "?b=1;a=2&a=3", "a=3&b=1;a=2"),
        ("a comma splits nothing", "?b=1,2&a=3", "a=3&b=1,2"),
        ("encoded controls are allowed", "?a=%00%0a%0D%7f", "a=%00%0A%0D%7F"),
        ("an encoded control in a name is allowed and sorts first", "?a=1&%0aa=2", "%0Aa=2&a=1"),
        ("an encoded NUL ends no name", "?a%00b=1&a=2", "a=2&a%00b=1"),
        ("a plus sorts as a space, before everything visible", "?!=1&+=2", "+=2&!=1"),
        ("dot segments in the query are no dot segments", "?../a/./b=%2e%2e/", "../a/./b=../"),
        ("unreserved characters are decoded", "?%61=%7e", "a=~"),
        ("hex is put in upper case", "?a=%c3%a9", "a=%C3%A9"),
        ("a value may look like an absolute URL", "?u=https://example.com/?a=b", "u=https://example.com/?a=b"),
        ("no sorting within values", "?b=z,a&a=z,a", "a=z,a&b=z,a"),
        ("a thousand pieces", "?" + "&".join(f"p{i:03}=1" for i in range(999, -1, -1)),
         "&".join(f"p{i:03}=1" for i in range(1000))),
        ("a thousand empty pieces", "?" + "&" * 999, "&" * 999),
        ("a thousand pieces of one root keep their order", "?" + "&".join(f"a={i}" for i in range(999, -1, -1)),
         "&".join(f"a={i}" for i in range(999, -1, -1))),
    ]:
        to.accept(f"query: {name}", f"/{query}", query=canonical)
    to.accept("query: on a longer path", "/v1/a?b=1&a=2", path="/v1/a", query="a=2&b=1")
    # Sorts that are not stable leave short and sorted lists in order.
    falling = range(50, 0, -1)
    to.accept(
        "query: a hundred pieces of two names by turns",
        "/?" + "&".join(f"{name}={value}" for value in falling for name in "ba"),
        query="&".join(f"{name}={value}" for name in "ab" for value in falling),
    )
    to.accept("query: no query", "/", query="")

    for name, query, detail in [
        ("a thousand and one pieces", "&".join(f"p{i}=1" for i in range(1001)), "Parsers stop at 1,000."),
        ("a thousand and one empty pieces", "&" * 1000, "Empty pieces count."),
        ("a percent sign at the end", "a=%", "A % needs two hex digits."),
        ("a percent sign and one hex digit", "a=%4", "A % needs two hex digits."),
        ("a percent sign across an ampersand", "a=%4&1=b", "A % needs two hex digits."),
        ("a percent sign and no hex digit", "a=%zz", "A % needs two hex digits."),
        ("a legacy %u escape", "a=%u0041", "%u is no percent-encoding."),
        ("a raw space", "a=b c", "A raw space ends the target in a request line."),
        ("a raw tab", "a=\t", "A raw control character."),
        ("a raw line feed", "a=\n", "A raw control character would add a line to the canonical string."),
        ("a raw NUL", "a=\x00", "A raw control character."),
        ("a raw DEL", "a=\x7f", "A raw control character."),
        ("a raw number sign", "a=1#b", "A fragment is never sent."),
        ("raw UTF-8", "a=\u00c3\u00a9", "Non-ASCII bytes have to be percent-encoded by the client."),
        ("a raw byte in a name", "\u00e9=1", "Non-ASCII bytes have to be percent-encoded by the client."),
    ]:
        to.refuse(f"query: {name}", "malformed-target", f"/?{query}", detail=detail)


def targets(to: Stage) -> None:
    for name, target, path, query, addressed in [
        ("https", "https://api.example.com/a?b=1", "/a", "b=1", HOST),
        ("http", "http://api.example.com/a", "/a", "", HOST),
        ("the scheme in any case", "HtTpS://api.example.com/a", "/a", "", HOST),
        ("an empty path becomes a slash", "https://api.example.com", "/", "", HOST),
        ("an empty path and an empty query", "https://api.example.com?", "/", "", HOST),
        ("an empty path before a query", "https://api.example.com?b=2&a=1", "/", "a=1&b=2", HOST),
        ("an empty path before a query that holds a slash", "https://api.example.com?a=/b", "/", "a=/b", HOST),
        ("upper case in the authority", "https://API.Example.COM/", "/", "", HOST),
        ("port 443 is removed", "https://api.example.com:443/", "/", "", HOST),
        ("port 80 is removed", "http://api.example.com:80/", "/", "", HOST),
        ("port 80 is removed with https, too", "https://api.example.com:80/", "/", "", HOST),
        ("port 443 is removed with http, too", "http://api.example.com:443", "/", "", HOST),
        ("another port stays", "https://api.example.com:8443/", "/", "", "api.example.com:8443"),
        ("an IPv6 address", "http://[2001:DB8::1]:8080/a", "/a", "", "[2001:db8::1]:8080"),
        ("an IPv6 address without a port and a path", "http://[::1]", "/", "", "[::1]"),
        ("an at sign in the path", "https://api.example.com/@a", "/@a", "", HOST),
        ("a second URL in the path", "https://api.example.com/https://evil.example/", "/https://evil.example/", "", HOST),
        ("two slashes after the authority", "https://api.example.com//a", "//a", "", HOST),
    ]:
        to.accept(f"target: absolute form: {name}", target, path=path, query=query, addressed=addressed)

    for name, target, detail in [
        ("empty", "", "The target has to begin with a slash or with http(s)://."),
        ("an asterisk", "*", "Asterisk-form is not signed."),
        ("authority form", "api.example.com:443", "Authority-form is not signed."),
        ("a relative path", "a/b", "The target has to begin with a slash."),
        ("only a query", "?a=1", "The target has to begin with a slash."),
        ("a leading space", " /a", "The target has to begin with a slash."),
        ("a leading backslash", "\\a", "The target has to begin with a slash."),
        ("an encoded leading slash", "%2Fa", "The target has to begin with a slash."),
        ("another scheme", "ftp://api.example.com/", "Absolute-form is http or https."),
        ("a scheme that only begins with http", "httpx://api.example.com/", "Absolute-form is http or https."),
        ("a web socket scheme", "wss://api.example.com/", "Absolute-form is http or https."),
        ("one slash after the scheme", "https:/api.example.com/", "Absolute-form has two slashes."),
        ("no slash after the scheme", "https:api.example.com", "Absolute-form has two slashes."),
        ("backslashes after the scheme", "https:\\\\api.example.com/", "URL parsers of browsers take these for slashes."),
        ("a space before the scheme", " https://api.example.com/", "URL parsers of browsers strip it."),
        ("a tab in the scheme", "ht\ttps://api.example.com/", "URL parsers of browsers strip it."),
        ("an empty authority", "https:///a", "The authority is outside the grammar."),
        ("nothing after the scheme", "https://", "The authority is outside the grammar."),
        ("only a query after the scheme", "https://?a", "The authority is outside the grammar."),
        ("userinfo", "https://user@api.example.com/", "The grammar has no userinfo."),
        ("userinfo with a password", "https://user:pass@api.example.com/", "The grammar has no userinfo."),
        ("empty userinfo", "https://@api.example.com/", "The grammar has no userinfo."),
        ("an empty port", "https://api.example.com:/", "A port has 1 to 5 digits."),
        ("port 0", "https://api.example.com:0/", "A port begins with 1 to 9."),
        ("port 65536", "https://api.example.com:65536/", "A port is 65535 at most."),
        ("a port of six digits", "https://api.example.com:100000/", "A port has 1 to 5 digits."),
        ("a port with a leading zero", "https://api.example.com:0443/", "A port begins with 1 to 9."),
        ("a port with a sign", "https://api.example.com:+443/", "A port has 1 to 5 digits."),
        ("two ports", "https://api.example.com:443:443/", "One port at most."),
        ("a percent sign in the host", "https://api%2eexample.com/", "The host is not percent-decoded."),
        ("a backslash in the authority", "https://api.example.com\\@evil.example/", "The authority ends at a slash or a question mark."),
        ("a number sign in the authority", "https://api.example.com#@evil.example/", "The authority ends at a slash or a question mark."),
        ("a space in the authority", "https://api.example.com /", "The authority is outside the grammar."),
        ("a host of 256 characters", "https://" + "a" * 256 + "/", "A host has 255 characters at most."),
        ("a raw byte in the host", "https://\u00e4pi.example.com/", "The host is ASCII."),
        ("an IPv6 address without brackets", "https://::1/", "An IPv6 address is bracketed."),
        ("an IPv6 address with a zone", "https://[fe80::1%25eth0]/", "No zone."),
        ("an IPv6 address with a raw zone", "https://[fe80::1%eth0]/", "No zone."),
        ("an unclosed bracket", "https://[::1/", "The authority is outside the grammar."),
    ]:
        to.refuse(f"target: {name}", "malformed-target", target, detail=detail,
                  audience=None if target.startswith("https://") else HOST)
    to.refuse("target: a dot segment in absolute form", "ambiguous-target", "https://api.example.com/a/../b",
              path="/a/../b", detail="A dot segment.")
    to.refuse("target: a dot segment at once after the authority", "ambiguous-target", "https://api.example.com/..",
              path="/..", detail="A dot segment.")
    to.refuse("target: the long s does not lower-case into https", "malformed-target", "http\u017f://api.example.com/",
              detail="U+017F upper-cases into S. (The one target with a character above U+00FF: no bytes carry it.)")


def audiences(to: Stage) -> None:
    for name, raw, addressed in [
        ("a name", "api.example.com", HOST),
        ("upper case", "API.EXAMPLE.COM", HOST),
        ("port 80", "api.example.com:80", HOST),
        ("port 443", "api.example.com:443", HOST),
        ("upper case and port 443", "Api.Example.Com:443", HOST),
        ("another port", "api.example.com:8080", "api.example.com:8080"),
        ("the greatest port", "api.example.com:65535", "api.example.com:65535"),
        ("the smallest port", "api.example.com:1", "api.example.com:1"),
        ("a port that begins with 80", "api.example.com:8", "api.example.com:8"),
        ("a port that begins with 443", "api.example.com:4430", "api.example.com:4430"),
        ("one label", "localhost:3000", "localhost:3000"),
        ("an underscore, a tilde and a hyphen", "my_svc~a-b.internal", "my_svc~a-b.internal"),
        ("a trailing dot is kept", "api.example.com.", "api.example.com."),
        ("an IPv4 address", "127.0.0.1:8080", "127.0.0.1:8080"),
        ("an IPv6 address", "[2001:db8::1]", "[2001:db8::1]"),
        ("an IPv6 address in upper case with a port", "[2001:DB8::A]:8443", "[2001:db8::a]:8443"),
        ("an IPv6 address with port 443", "[::1]:443", "[::1]"),
        ("an IPv6 address is compared as text", "[0:0:0:0:0:0:0:1]", "[0:0:0:0:0:0:0:1]"),
        ("an IPv6 address with leading zeros", "[2001:0db8::0001]", "[2001:0db8::0001]"),
        ("an IPv4-mapped IPv6 address", "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"),
        ("the unspecified IPv6 address", "[::]:8080", "[::]:8080"),
        ("a host of 255 characters", "A" * 255, "a" * 255),
    ]:
        to.accept(f"audience: {name}", audience=raw, addressed=addressed)

    for name, raw, addressed, accept in [
        ("one of a list", "api.example.com", HOST, ["www.example.com", "api.example.com"]),
        ("a list of one", "API.example.com:443", HOST, ["api.example.com"]),
        ("a name with a port in a list", "api.example.com:8443", "api.example.com:8443", ["api.example.com:8443"]),
        ("an IPv6 address in a list", "[::1]:3000", "[::1]:3000", ["[::1]:3000"]),
    ]:
        to.accept(f"audience: {name}", audience=raw, addressed=addressed, accept=accept)
    to.accept("audience: an absolute target in a list", "https://api.example.com/a", path="/a", accept=[HOST])
    to.accept("audience: the absolute target's authority is the one, not the Host's", "https://api.example.com/a",
              path="/a", accept=[HOST], headers=[("Host", "evil.example")], signed=[])
    to.accept("audience: Host is not looked at beside an absolute target, even if it is repeated",
              "https://api.example.com/a", path="/a", headers=[("Host", "a.example"), ("Host", "b.example")], signed=[])
    to.accept("audience: Host is not looked at beside an absolute target, even outside the grammar",
              "https://api.example.com/a", path="/a", headers=[("Host", "a b")], signed=[])
    to.accept("audience: with one name the Host is not looked at", audience=HOST, accept=HOST,
              headers=[("Host", "backend-7.internal:9000")], signed=[])
    to.accept("audience: with one name a repeated Host is not looked at", audience=HOST, accept=HOST,
              headers=[("Host", "a.internal"), ("Host", "b.internal")], signed=[])
    to.accept("audience: :authority is the addressed one", headers=[(":authority", "API.example.com")], signed=[],
              accept=[HOST])
    to.accept("audience: :authority goes before Host", audience=HOST, accept=[HOST], signed=[],
              headers=[(":authority", "api.example.com:443"), ("Host", "other.example")])

    for name, hosts, detail in [
        ("no Host", None, "A Host is needed and missing."),
        ("an empty Host", [""], "The Host is outside the grammar."),
        ("two different Hosts", ["api.example.com", "evil.example"], "The Host is repeated."),
        ("two equal Hosts", ["api.example.com", "api.example.com"], "The Host is repeated."),
        ("two Hosts joined by a comma", ["api.example.com, evil.example"], "The Host is outside the grammar."),
        ("a Host with userinfo", ["user@api.example.com"], "The Host is outside the grammar."),
        ("a Host with a path", ["api.example.com/a"], "The Host is outside the grammar."),
        ("a Host with a scheme", ["https://api.example.com"], "The Host is outside the grammar."),
        ("a Host with an empty port", ["api.example.com:"], "A port has 1 to 5 digits."),
        ("a Host with port 0", ["api.example.com:0"], "A port begins with 1 to 9."),
        ("a Host with port 65536", ["api.example.com:65536"], "A port is 65535 at most."),
        ("a Host with a port of six digits", ["api.example.com:100000"], "A port has 1 to 5 digits."),
        ("a Host with a leading zero in the port", ["api.example.com:0443"], "A port begins with 1 to 9."),
        ("a Host with port 080", ["api.example.com:080"], "A port begins with 1 to 9."),
        ("a Host with a port in hex", ["api.example.com:1f"], "A port has digits only."),
        ("a Host with a negative port", ["api.example.com:-1"], "A port has digits only."),
        ("a Host with a port alone", [":443"], "The Host is outside the grammar."),
        ("a Host with a percent sign", ["api%2Eexample.com"], "The Host is not percent-decoded."),
        ("a Host with a space", ["api.example .com"], "The Host is outside the grammar."),
        ("a Host with an asterisk", ["*.example.com"], "The Host is outside the grammar."),
        ("a Host of 256 characters", ["a" * 256], "A host has 255 characters at most."),
        ("a Host of raw UTF-8", ["\u00e2\u0084\u00aaube.example"], "The Host is ASCII; these bytes are U+212A, the Kelvin sign."),
        ("a Host with U+212A, which lower-cases into k", ["\u212aube.example"],
         "The Host is ASCII. (A character above U+00FF: no byte carries it.)"),
        ("a Host with U+0130, which lower-cases into i and a dot above", ["ap\u0130.example.com"],
         "The Host is ASCII. (A character above U+00FF: no byte carries it.)"),
        ("a Host with a fullwidth digit in the port", ["api.example.com:\uff18080"],
         "A port has ASCII digits. (A character above U+00FF: no byte carries it.)"),
        ("an IPv6 address without brackets", ["::1"], "An IPv6 address is bracketed."),
        ("an IPv6 address with a zone", ["[fe80::1%eth0]"], "No zone."),
        ("an IPv6 address with an encoded zone", ["[fe80::1%25eth0]"], "No zone."),
        ("empty brackets", ["[]"], "Not an IPv6 address."),
        ("an unclosed bracket", ["[::1"], "Not an IPv6 address."),
        ("an IPv4 address in brackets", ["[127.0.0.1]"], "Not an IPv6 address."),
        ("a name in brackets", ["[api.example.com]"], "Not an IPv6 address."),
        ("a future address in brackets", ["[v1.fe80::a]"], "Not an IPv6 address."),
        ("an IPv6 address with too many groups", ["[1:2:3:4:5:6:7:8:9]"], "Not an IPv6 address."),
        ("an IPv6 address with too few groups", ["[1:2]"], "Not an IPv6 address."),
        ("an IPv6 address with two gaps", ["[1::2::3]"], "Not an IPv6 address."),
        ("an IPv6 address with a group of five digits", ["[::12345]"], "Not an IPv6 address."),
        ("text after the bracket", ["[::1]a"], "The Host is outside the grammar."),
    ]:
        to.refuse(f"audience: {name}", "malformed-request", "/", detail=detail, audience=None, signed=[],
                  headers=[("Host", host) for host in hosts or []])
    to.refuse("audience: a Host outside the grammar is refused before it is compared", "malformed-request", "/",
              headers=[("Host", "api.example.com:")], signed=[], accept=[HOST], detail="The Host is outside the grammar.")
    to.refuse("audience: two :authority fields", "malformed-request", "/", audience=None, signed=[],
              headers=[(":authority", HOST), (":authority", HOST)], detail="The authority is repeated.")

    for name, raw, addressed, accept in [
        ("another name", "api.example.com", HOST, ["www.example.com"]),
        ("a name that only ends with an accepted one", "evil-api.example.com", "evil-api.example.com", [HOST]),
        ("a name that only begins with an accepted one", "api.example.com.evil.example", "api.example.com.evil.example", [HOST]),
        ("a subdomain of an accepted one", "a.api.example.com", "a.api.example.com", [HOST]),
        ("a trailing dot", "api.example.com.", "api.example.com.", [HOST]),
        ("another port", "api.example.com:8443", "api.example.com:8443", [HOST]),
        ("a missing port", "api.example.com", HOST, ["api.example.com:8443"]),
        ("another spelling of an IPv6 address", "[0:0:0:0:0:0:0:1]", "[0:0:0:0:0:0:0:1]", ["[::1]"]),
    ]:
        to.refuse(f"audience: wrong audience: {name}", "wrong-audience", "/", path="/", audience=raw, addressed=addressed,
                  accept=accept, detail="The addressed authority is none of the accepted ones.")
    to.refuse("audience: wrong audience: an absolute target, whatever the Host says", "wrong-audience",
              "https://evil.example/a", path="/a", addressed="evil.example", headers=[("Host", HOST)], signed=[],
              accept=[HOST], detail="The authority of an absolute target goes before the Host.")
    to.refuse("audience: wrong audience: :authority, whatever the Host says", "wrong-audience", "/", path="/",
              addressed="evil.example", headers=[(":authority", "evil.example"), ("Host", HOST)], signed=[], accept=[HOST],
              detail="The authority of HTTP/2 goes before the Host.")


def headers(to: Stage) -> None:
    json_type = ("Content-Type", "application/json")
    to.accept("headers: none", headers=[])
    to.accept("headers: one", headers=[json_type])
    to.accept("headers: several, in byte order of their names, not in the order of the lines",
              headers=[("X-B", "2"), json_type, ("X-A", "1")], signed=["content-type", "x-a", "x-b"],
              values=[("content-type", "application/json"), ("x-a", "1"), ("x-b", "2")])
    to.accept("headers: names in any case", headers=[("CONTENT-TYPE", "text/plain")])
    to.accept("headers: a hyphen sorts before a digit, a digit before an underscore, an underscore before a letter",
              headers=[("X-A", "1"), ("X0A", "2"), ("X_A", "3"), ("XAA", "4")], signed=["x-a", "x0a", "x_a", "xaa"])
    to.accept("headers: every character of a token", headers=[("!#$%&'*+-.^_`|~0z", "v")])
    for name, value, trimmed in [
        ("spaces and tabs around the value are trimmed", " \t a b\t ", "a b"),
        ("spaces and tabs within the value are kept", "a \t  b", "a \t  b"),
        ("an empty value", "", ""),
        ("a value of spaces is empty", "  \t", ""),
        ("a colon in the value", "a:b: c", "a:b: c"),
        ("a comma in the value", "a, b,c", "a, b,c"),
        ("quotes in the value", 'W/"a\\"b"', 'W/"a\\"b"'),
        ("all visible ASCII", "".join(map(chr, range(0x21, 0x7F))), "".join(map(chr, range(0x21, 0x7F)))),
        ("a value that looks like a line of the canonical string", "CS1-HMAC-SHA256", "CS1-HMAC-SHA256"),
    ]:
        to.accept(f"headers: {name}", headers=[("X-Meta", value)], values=[("x-meta", trimmed)])
    names16 = [f"x-{i:02}" for i in range(16)]
    to.accept("headers: sixteen", headers=[(field, "v") for field in names16])
    to.accept("headers: present but unsigned ones outside the required coverage",
              headers=[("Accept", "*/*"), ("User-Agent", "caf\u00e9"), ("X-Meta", "a"), ("X-Meta", "b"), ("If-Match", '"e"'),
                       ("Range", "bytes=0-1"), ("If-None-Match", "*"), ("If-Unmodified-Since", "x"), ("Content-Length", "0")],
              signed=[])
    to.accept("headers: the conditional ones and range, signed",
              headers=[("If-Match", '"e"'), ("If-None-Match", "*"),
                       ("If-Unmodified-Since", "Fri, 21 Nov 2025 18:33:20 GMT"), ("Range", "bytes=0-99")])
    to.accept("headers: all of the required coverage, signed",
              headers=[("content-encoding", "gzip"), json_type, ("idempotency-key", "k1"), ("x-http-method", "PUT"),
                       ("x-http-method-override", "PUT"), ("x-method-override", "PUT"), ("x-original-url", "/a"),
                       ("x-rewrite-url", "/b")])
    for field in ["x-forwarded", "proxy", "x-proxy-a", "cookie2", "accept", "hostname", "tee", "x-host", "x-via", "forwarded-for"]:
        to.accept(f"headers: {field} only looks like an unsignable one", headers=[(field, "v")])
    to.accept("headers: the signature in a field of its own, beside a signed bearer token", header="x-signature",
              headers=[("Authorization", "Bearer abc.def")])
    to.accept("headers: the signature in a field of its own, alone", header="x-signature")
    to.accept("headers: requireSigned, and it is signed", require_signed=["x-meta"], headers=[("X-Meta", "a")])
    to.accept("headers: requireSigned, and it is absent", require_signed=["x-meta"])
    to.accept("headers: __proto__ and constructor are names as any other",
              headers=[("__proto__", "a"), ("constructor", "b")])
    to.accept("headers: an unsigned field name in UTF-8 is no concern", headers=[("X-\u00e2\u0084\u00aa", "v")], signed=[])

    for name, pairs, signed, detail in [
        ("a signed field is absent", [], ["x-meta"], "An absent field is never an empty value."),
        ("a signed field is absent, another one is there", [("X-Meta", "a")], ["x-meta", "x-other"], "An absent field is never an empty value."),
        ("a signed field stands on two lines", [("X-Meta", "a"), ("X-Meta", "b")], ["x-meta"], "One field line for a signed field."),
        ("a signed field stands on two equal lines", [("X-Meta", "a"), ("X-Meta", "a")], ["x-meta"], "One field line for a signed field."),
        ("a signed field stands on two lines in different case", [("X-Meta", "a"), ("x-meta", "b")], ["x-meta"], "Field names are compared without case."),
        ("a signed field stands on two lines, one of them empty", [("X-Meta", "a"), ("X-Meta", "")], ["x-meta"], "One field line for a signed field."),
        ("a content type on two lines", [json_type, ("Content-Type", "text/html")], ["content-type"], "One field line for a signed field."),
        ("obs-text in a signed field", [("X-Meta", "caf\u00e9")], ["x-meta"], "A signed value is visible ASCII, space and tab."),
        ("raw UTF-8 in a signed field", [("X-Meta", "caf\u00c3\u00a9")], ["x-meta"], "A signed value is visible ASCII, space and tab."),
        ("a no-break space around a signed value", [("X-Meta", "\u00a0a")], ["x-meta"], "Only space and tab are trimmed."),
        ("a line feed in a signed field", [("X-Meta", "a\nb")], ["x-meta"], "It would add a line to the canonical string."),
        ("a line feed at the end of a signed field", [("X-Meta", "a\n")], ["x-meta"], "Only space and tab are trimmed."),
        ("an obsolete line folding in a signed field", [("X-Meta", "a\r\n b")], ["x-meta"], "A signed value is visible ASCII, space and tab."),
        ("a vertical tab around a signed value", [("X-Meta", "\x0ba")], ["x-meta"], "Only space and tab are trimmed."),
        ("a NUL in a signed field", [("X-Meta", "a\x00")], ["x-meta"], "A signed value is visible ASCII, space and tab."),
        ("a DEL in a signed field", [("X-Meta", "a\x7f")], ["x-meta"], "A signed value is visible ASCII, space and tab."),
        ("a space in the line's name is not the signed name", [("X-Meta ", "a")], ["x-meta"], "The field is absent."),
    ]:
        to.refuse(f"headers: {name}", "malformed-request", "/", headers=pairs, signed=signed, detail=detail)
    for field in ["Content-Type", "Content-Encoding", "Idempotency-Key", "X-HTTP-Method-Override", "X-HTTP-Method",
                  "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"]:
        to.refuse(f"headers: {field} is there and unsigned", "malformed-request", "/", headers=[(field, "a")], signed=[],
                  detail=f"{field} has to be signed when it is there.")
    to.refuse("headers: Content-Type is there, empty and unsigned", "malformed-request", "/", headers=[("Content-Type", "")],
              signed=[], detail="It is there, even if it is empty.")
    to.refuse("headers: one of the required ones is signed and another is not", "malformed-request", "/",
              headers=[json_type, ("Idempotency-Key", "k")], signed=["content-type"],
              detail="Idempotency-Key has to be signed when it is there.")
    to.refuse("headers: Authorization is there and unsigned while the signature is elsewhere", "malformed-request", "/",
              headers=[("Authorization", "Bearer abc")], signed=[], header="x-signature",
              detail="Authorization has to be signed when the signature is elsewhere.")
    to.refuse("headers: requireSigned, and it is there and unsigned", "malformed-request", "/", headers=[("X-Meta", "a")],
              signed=[], require_signed=["x-meta"], detail="The operator wants X-Meta signed.")

    for field in ["host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive",
                  "accept-encoding", "via", "forwarded", "x-forwarded-for", "x-forwarded-anything", "x-forwarded-", "cookie",
                  "set-cookie", "proxy-authorization", "proxy-connection", "proxy-", "authorization"]:
        to.refuse(f"headers: {field} is listed and unsignable", "malformed-signature", "/", signed=[field],
                  headers=[] if field in ("host", "authorization") else [(field, "v")],
                  values=[(field, HOST if field == "host" else "v")], detail=f"{field} cannot be signed.")
    to.refuse("headers: the field of its own that carries the signature is listed", "malformed-signature", "/",
              signed=["x-signature"], header="x-signature", detail="A signature cannot sign itself.")
    names17 = [f"x-{i:02}" for i in range(17)]
    to.refuse("headers: seventeen", "malformed-signature", "/", headers=[(field, "v") for field in names17],
              detail="Sixteen names at most.")
    pairs = [("X-A", "1"), ("X-B", "2")]
    for name, listed, detail in [
        ("descending names", "x-b;x-a", "The names ascend in byte order."),
        ("a name twice", "x-a;x-a;x-b", "No name twice."),
        ("a name in upper case", "X-A;x-b", "The names are in lower case."),
        ("a leading semicolon", ";x-a;x-b", "A name is not empty."),
        ("a trailing semicolon", "x-a;x-b;", "A name is not empty."),
        ("two semicolons", "x-a;;x-b", "A name is not empty."),
        ("only a semicolon", ";", "A name is not empty."),
        ("a comma between the names", "x-a,x-b", "The names are joined by semicolons."),
        ("spaces between the names", "x-a x-b", "The names are joined by semicolons."),
        ("a space after a semicolon", "x-a; x-b", "A space is no token character."),
        ("a space at the end", "x-a;x-b ", "A space is no token character."),
        ("a colon in a name", "x-a:1;x-b", "A colon is no token character."),
        ("a pseudo-header", ":path;x-a", "A colon is no token character."),
        ("a name in UTF-8", "x-a;x-\u00e2\u0084\u00aa", "A name is ASCII."),
        ("a byte of the upper half", "x-a;x-\u00e9", "A name is ASCII."),
        ("an order by locale instead of by bytes", "xa;x_b;x-c", "The names ascend in byte order."),
    ]:
        present = pairs if listed != "xa;x_b;x-c" else [("xa", "1"), ("x_b", "2"), ("x-c", "3")]
        to.refuse(f"headers: the list has {name}", "malformed-signature", "/", headers=present, listed=listed, detail=detail)


def scopes(to: Stage) -> None:
    for name, scope in [
        ("empty", ""),
        ("one segment", "orders"),
        ("two segments", "orders:write"),
        ("eight segments", "a:b:c:d:e:f:g:h"),
        ("every character", "AZaz09._~-:-~_."),
        ("a segment of 64 characters", "a" * 64),
        ("128 bytes", "a" * 64 + ":" + "b" * 63),
        ("one character", "a"),
        ("segments that are dots", ".:.."),
        ("__proto__", "__proto__:constructor"),
        ("letter case is kept", "Orders:WRITE"),
    ]:
        to.accept(f"scope: {name}", scope=scope)
    for name, scope, detail in [
        ("nine segments", "a:b:c:d:e:f:g:h:i", "Eight segments at most."),
        ("a segment of 65 characters", "a" * 65, "64 characters a segment at most."),
        ("a later segment of 65 characters", "a:" + "b" * 65, "64 characters a segment at most."),
        ("129 bytes", "a" * 64 + ":" + "b" * 64, "128 bytes at most."),
        ("129 bytes in short segments", ":".join(["a" * 20] * 5) + ":" + "b" * 24, "128 bytes at most."),
        ("a leading colon", ":orders", "A segment is not empty."),
        ("a trailing colon", "orders:", "A segment is not empty."),
        ("two colons", "orders::write", "A segment is not empty."),
        ("only a colon", ":", "A segment is not empty."),
        ("an asterisk", "*", "The asterisk stands for the owner's budget, never for a signed scope."),
        ("a plus sign", "orders:+", "The plus sign stands for every child in a limit, never for a signed scope."),
        ("a slash", "orders/write", "A slash is outside the grammar."),
        ("a space", "orders write", "A space is outside the grammar."),
        ("a leading space", " orders", "A space is outside the grammar."),
        ("a tab", "orders\twrite", "A tab is outside the grammar."),
        ("a comma", "orders,write", "A comma is outside the grammar."),
        ("a percent sign", "orders%3Awrite", "A percent sign is outside the grammar."),
        ("raw UTF-8", "caf\u00c3\u00a9", "The scope is ASCII."),
        ("the Kelvin sign, which lower-cases into k", "to\u212aen", "The scope is ASCII. (A character above U+00FF: no byte carries it.)"),
        ("a line feed", "a\nb", "It would add a line to the canonical string."),
        ("a line feed at the end", "a\n", "A pattern whose end matches before a final line feed lets this through."),
        ("an at sign", "a@b", "An at sign is outside the grammar."),
    ]:
        to.refuse(f"scope: {name}", "malformed-signature", "/", scope=scope, detail=detail)


def authorizations(to: Stage) -> None:
    to.accept("authorization: a key of one character", key="k")
    to.accept("authorization: a key of 64 characters", key="k" * 64)
    to.accept("authorization: a key of every kind of character", key="AZaz09._~-")
    to.accept("authorization: __proto__ as a key", key="__proto__")
    to.accept("authorization: constructor as a key", key="constructor")
    to.accept("authorization: the smallest time", ts="1000000000000")
    to.accept("authorization: the greatest time", ts="9999999999999")
    to.accept("authorization: a nonce of zeros", nonce="00000000-0000-0000-0000-000000000000")
    to.accept("authorization: a nonce of f", nonce="ffffffff-ffff-ffff-ffff-ffffffffffff")
    to.accept("authorization: the version and the variant of the nonce are not checked",
              nonce="01234567-89ab-cdef-0123-456789abcdef")
    to.accept("authorization: a nonce of version 7", nonce="019aa7b2-4f00-7c3d-8e21-0a1b2c3d4e5f")
    for total in (2048, 2049):
        pad = "x-" + "p" * 200
        pad += "p" * (total - len(_plain_value("probe", pad)))
        assert len(_plain_value("probe", pad)) == total
        if total == 2048:
            to.accept("authorization: a value of 2048 bytes", headers=[(pad, "v")])
        else:
            to.refuse("authorization: a value of 2049 bytes", "malformed-signature", "/", headers=[(pad, "v")],
                      detail="The value has 2,048 bytes at most.")
    for name, secret_bytes in [("33", bytes(range(33))), ("64", bytes(range(64))), ("65", bytes(range(65))), ("100", bytes(range(100)))]:
        to.accept(f"authorization: a secret of {name} bytes", secret=cs.encode_secret(secret_bytes))
    to.accept("authorization: a secret of 32 zero bytes", secret=cs.encode_secret(bytes(32)))
    to.accept("authorization: a secret of 32 bytes 255", secret=cs.encode_secret(b"\xff" * 32))

    def replace(old: str, new: str, count: int = 1) -> Callable[[str], str]:
        def edit(value: str) -> str:
            if old not in value:
                raise AssertionError(f"nothing to replace: {old}")
            return value.replace(old, new, count)

        return edit

    def drop(name: str) -> Callable[[str], str]:
        def edit(value: str) -> str:
            head, params = value.split(" ", 1)
            return head + " " + ", ".join(part for part in params.split(", ") if not part.startswith(name + "="))

        return edit

    def swap(one: int, other: int) -> Callable[[str], str]:
        def edit(value: str) -> str:
            head, params = value.split(" ", 1)
            parts = params.split(", ")
            parts[one], parts[other] = parts[other], parts[one]
            return head + " " + ", ".join(parts)

        return edit

    for name, edit, detail in [
        ("no field at all", lambda value: None, "There is no such field."),
        ("a bearer token", lambda value: "Bearer abc.def", "Another scheme."),
        ("a bearer token of more than 2048 bytes", lambda value: "Bearer " + "a" * 2100, "Another scheme, whatever its length."),
        ("basic credentials", lambda value: "Basic YTpi", "Another scheme."),
        ("another scheme without parameters", lambda value: "Negotiate", "Another scheme."),
        ("the scheme in lower case", lambda value: value.replace("CS1-HMAC-SHA256", "cs1-hmac-sha256"), "The scheme name is case-sensitive: this is another one."),
        ("the scheme in mixed case", lambda value: value.replace("CS1", "Cs1"), "The scheme name is case-sensitive: this is another one."),
        ("a scheme that begins with ours", lambda value: value.replace("SHA256 ", "SHA256-v2 ", 1), "Another scheme."),
        ("a scheme that is the beginning of ours", lambda value: value.replace("SHA256 ", "SHA25 ", 1), "Another scheme."),
        ("the next version", lambda value: value.replace("CS1-", "CS2-", 1), "Another scheme."),
        ("another algorithm", lambda value: value.replace("SHA256", "SHA512", 1), "Another scheme: the name is the version."),
        ("no space after the scheme", lambda value: value.replace(" ", "", 1), "The leading token is CS1-HMAC-SHA256key: another scheme."),
        ("the scheme of the verdict", lambda value: value.replace("CS1-HMAC", "CS1-VERDICT-HMAC", 1), "Another scheme."),
        ("the parameters without a scheme", lambda value: value.split(" ", 1)[1], "The leading token is key: another scheme."),
    ]:
        to.refuse(f"authorization: {name}", "missing-signature", "/", path="/", mutate=edit, detail=detail)
    to.refuse("authorization: our scheme in the default field while the signature is expected elsewhere", "missing-signature",
              "/", path="/", header="x-signature", mutate=lambda value: None, signed=[],
              headers=[("Authorization", 'CS1-HMAC-SHA256 key="k"')], detail="There is no field x-signature.")

    one = "One representation only."
    for name, edit, detail in [
        ("an empty value", lambda value: "", "There is a field, and no scheme in it."),
        ("a value that begins with a quote", lambda value: '"' + value, "The leading token is empty."),
        ("a value that begins with a space", lambda value: " " + value, "The leading token is empty."),
        ("a value that begins with a comma", lambda value: ", " + value, "The leading token is empty."),
        ("a value that begins with a byte of the upper half", lambda value: "\u00a0" + value, "The leading token is empty."),
        ("only the scheme", lambda value: "CS1-HMAC-SHA256", one),
        ("only the scheme and a space", lambda value: "CS1-HMAC-SHA256 ", one),
        ("a comma after the scheme", replace("SHA256 ", "SHA256, "), one),
        ("two spaces after the scheme", replace("SHA256 ", "SHA256  "), one),
        ("a tab after the scheme", replace("SHA256 ", "SHA256\t"), one),
        ("a space at the end", lambda value: value + " ", one),
        ("a line feed at the end", lambda value: value + "\n", "A pattern whose end matches before a final line feed lets this through."),
        ("a comma at the end", lambda value: value + ",", one),
        ("a comma and a space at the end", lambda value: value + ", ", one),
        ("a semicolon at the end", lambda value: value + ";", one),
        ("no space after a comma", replace('", ts', '",ts'), one),
        ("two spaces after a comma", replace('", ts', '",  ts'), one),
        ("a tab after a comma", replace('", ts', '",\tts'), one),
        ("a space before a comma", replace('", ts', '" , ts'), one),
        ("spaces around an equals sign", replace("ts=", "ts = "), one),
        ("semicolons instead of commas", replace('", ', '"; ', 9), one),
        ("no commas", replace('", ', '" ', 9), one),
        ("an empty element", replace('", ts', '", , ts'), one),
        ("single quotes", replace('"', "'", 99), one),
        ("no quotes around the time", replace(f'"{TIME}"', TIME), one),
        ("no quotes around the signature", lambda value: re.sub(r'sig="(.*)"', r"sig=\1", value), one),
        ("an unclosed quote", lambda value: value[:-1], one),
        ("an escaped character", replace(KEY, "key\\_live_1"), "No escapes."),
        ("a percent-encoded key", replace(KEY, "key%5Flive_1"), "No escapes."),
        ("a parameter name in upper case", replace("ts=", "TS="), one),
        ("an unknown parameter at the end", lambda value: value + ', v="1"', "These seven parameters and no other."),
        ("an unknown parameter at the beginning", replace("key=", 'v="1", key='), "These seven parameters and no other."),
        ("an algorithm parameter", replace("key=", 'alg="none", key='), "No negotiation."),
        ("a realm parameter", lambda value: value + ', realm="a"', "These seven parameters and no other."),
        ("the key twice", replace("ts=", f'key="{KEY}", ts='), "Each parameter once."),
        ("the signature twice", lambda value: value + ', sig="' + "0" * 64 + '"', "Each parameter once."),
        ("the scope twice", replace('scope="",', 'scope="", scope="admin",'), "Each parameter once."),
        ("a second set of credentials after a comma", lambda value: value + ", " + value, "One set."),
        ("another scheme after a comma", lambda value: value + ", Bearer abc", "One set."),
        ("the signature first", lambda value: "CS1-HMAC-SHA256 " + value.split(", ")[-1] + ", " + value.split(" ", 1)[1].rsplit(", ", 1)[0], "In this order."),
        ("the key and the time swapped", swap(0, 1), "In this order."),
        ("the headers and the signature swapped", swap(5, 6), "In this order."),
        ("the scope and the digest swapped", swap(3, 4), "In this order."),
        *[(f"no {name}", drop(name), "Each parameter once.") for name in "key ts nonce scope digest headers sig".split()],
        ("an empty key", replace(f'"{KEY}"', '""'), "A key has 1 to 64 characters."),
        ("a key of 65 characters", replace(KEY, "k" * 65), "A key has 1 to 64 characters."),
        ("a key with a colon", replace(KEY, "key:1"), "A colon is outside the grammar of a key."),
        ("a key with a slash", replace(KEY, "key/1"), "A slash is outside the grammar of a key."),
        ("a key with a space", replace(KEY, "key 1"), "A space is outside the grammar of a key."),
        ("a key in UTF-8", replace(KEY, "cl\u00c3\u00a9"), "A key is ASCII."),
        ("a key with the Kelvin sign, which lower-cases into k", replace(KEY, "\u212aey"), "A key is ASCII. (A character above U+00FF: no byte carries it.)"),
        ("a key with a line feed", replace(KEY, "key\n1"), "It would add a line to the canonical string."),
        ("a time with a plus sign", replace(TIME, "+763750000000"), "The same time in another notation."),
        ("a time with a plus sign before 13 digits", replace(TIME, "+" + TIME), "The same time in another notation."),
        ("a time of +1", replace(TIME, "+1"), "The same time in another notation."),
        ("a time in scientific notation", replace(TIME, "1e12"), "The same time in another notation."),
        ("a time in scientific notation of 13 characters", replace(TIME, "1.76375000e12"), "The same time in another notation."),
        ("a time with a leading zero, 13 digits", replace(TIME, "0763750000000"), "The first digit is not 0."),
        ("a time with a leading zero, 14 digits", replace(TIME, "0" + TIME), "Exactly 13 digits."),
        ("a time of 12 digits", replace(TIME, TIME[:12]), "Exactly 13 digits."),
        ("a time of 14 digits", replace(TIME, TIME + "0"), "Exactly 13 digits."),
        ("a time of 10 digits, in seconds", replace(TIME, TIME[:10]), "Exactly 13 digits."),
        ("a time with a fraction", replace(TIME, TIME + ".0"), "The same time in another notation."),
        ("a negative time", replace(TIME, "-" + TIME), "Digits only."),
        ("a time of NaN", replace(TIME, "NaN"), "Digits only."),
        ("a time of Infinity", replace(TIME, "Infinity"), "Digits only."),
        ("a time in hex", replace(TIME, "0x19aa7b24f00"), "Digits only."),
        ("a time with a separator", replace(TIME, "1763_75000000"), "Digits only."),
        ("an empty time", replace(TIME, ""), "Exactly 13 digits."),
        ("a time with a leading space", replace(TIME, " " + TIME), "Digits only."),
        ("a time with a trailing space", replace(TIME, TIME + " "), "Digits only."),
        ("a time in fullwidth digits", replace(TIME, "\uff11" + TIME[1:]), "ASCII digits only. (A character above U+00FF: no byte carries it.)"),
        ("a time in superscript digits", replace(TIME, TIME[:12] + "\u00b9"), "ASCII digits only."),
        ("a time as a date", replace(TIME, "2025-11-21T18:33:20Z"), "Digits only."),
        ("a nonce in upper case", lambda value: _upper_param(value, "nonce"), "A nonce is lower-case hex."),
        ("a nonce without hyphens", lambda value: re.sub(r'nonce="([^"]*)"', lambda m: f'nonce="{m[1].replace("-", "")}"', value), "8-4-4-4-12."),
        ("a nonce with hyphens in other places", lambda value: re.sub(r'nonce="(.{8})-(.)', r'nonce="\1\2-', value), "8-4-4-4-12."),
        ("a nonce that is one digit short", lambda value: re.sub(r'(nonce="[^"]*)."', r'\1"', value), "8-4-4-4-12."),
        ("a nonce that is one digit long", lambda value: re.sub(r'(nonce="[^"]*)"', r'\g<1>0"', value), "8-4-4-4-12."),
        ("a nonce in braces", lambda value: re.sub(r'nonce="([^"]*)"', r'nonce="{\1}"', value), "8-4-4-4-12."),
        ("a nonce as a URN", lambda value: re.sub(r'nonce="', 'nonce="urn:uuid:', value), "8-4-4-4-12."),
        ("a nonce that is not hex", lambda value: re.sub(r'nonce="........', 'nonce="gggggggg', value), "8-4-4-4-12 of hex digits."),
        ("an empty nonce", lambda value: re.sub(r'nonce="[^"]*"', 'nonce=""', value), "8-4-4-4-12."),
        ("a digest in upper case", lambda value: _upper_param(value, "digest"), "A digest is lower-case hex."),
        ("a digest of 63 digits", lambda value: re.sub(r'(digest="[^"]*)."', r'\1"', value), "64 digits."),
        ("a digest of 65 digits", lambda value: re.sub(r'(digest="[^"]*)"', r'\g<1>0"', value), "64 digits."),
        ("an empty digest", lambda value: re.sub(r'digest="[^"]*"', 'digest=""', value), "There is no unsigned body."),
        ("an unsigned payload", lambda value: re.sub(r'digest="[^"]*"', 'digest="UNSIGNED-PAYLOAD"', value), "There is no unsigned body."),
        ("a digest in base64", lambda value: re.sub(r'digest="[^"]*"', 'digest="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="', value), "Lower-case hex."),
        ("a signature in upper case", lambda value: _upper_param(value, "sig"), "A signature is lower-case hex."),
        ("a signature of 63 digits", lambda value: value[:-2] + '"', "64 digits."),
        ("a signature of 65 digits", lambda value: value[:-1] + '0"', "64 digits."),
        ("an empty signature", lambda value: re.sub(r'sig="[^"]*"', 'sig=""', value), "64 digits."),
        ("a signature with a prefix", replace('sig="', 'sig="sha256='), "64 digits."),
        ("a NUL at the end", lambda value: value + "\x00", one),
        ("more than 2048 bytes of nothing", lambda value: "CS1-HMAC-SHA256 " + "a" * 5000, "2,048 bytes at most."),
        ("more than 2048 bytes, padded with spaces", lambda value: value + " " * 2048, "2,048 bytes at most."),
    ]:
        to.refuse(f"authorization: {name}", "malformed-signature", "/", path="/", mutate=edit, detail=detail)

    own = _plain_value("authorization: the field on two lines")
    to.refuse("authorization: the field on two lines", "malformed-signature", "/", path="/", signed=[],
              headers=[("Authorization", own), ("Authorization", own)], detail="Exactly one field line.")
    to.refuse("authorization: our scheme on one line and another on a second", "malformed-signature", "/", path="/", signed=[],
              headers=[("Authorization", "Bearer abc"), ("authorization", own)], detail="Exactly one field line.")
    to.refuse("authorization: another scheme on two lines", "malformed-signature", "/", path="/", signed=[],
              headers=[("Authorization", "Bearer abc"), ("Authorization", "Basic YTpi")], detail="Exactly one field line.")
    to.refuse("authorization: the field of its own on two lines", "malformed-signature", "/", path="/", signed=[],
              header="x-signature", headers=[("X-Signature", own), ("X-Signature", own)], detail="Exactly one field line.")


def _plain_value(name: str, listed: str = "") -> str:
    vector, body = _request(name, "/")
    _sign(vector, body, "/", "", HOST, [], listed)
    return vector["authorization"]


def _upper_param(value: str, name: str) -> str:
    upper = re.sub(rf'({name}=)("[^"]*")', lambda match: match[1] + match[2].upper(), value)
    if upper == value:
        raise AssertionError(f"no letter in {name}")
    return upper


def methods(to: Stage) -> None:
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "M-SEARCH",
                   "VERSION-CONTROL", "A", "A-", "A--A", "CONNECTED", "A" * 32]:
        to.accept(f"method: {method}", method=method)
    for name, method in [
        ("lower case", "get"),
        ("mixed case", "Post"),
        ("empty", ""),
        ("33 characters", "A" * 33),
        ("a leading hyphen", "-GET"),
        ("a digit", "GET2"),
        ("an underscore", "GET_ALL"),
        ("a space at the end", "GET "),
        ("a space at the beginning", " GET"),
        ("a line feed at the end", "GET\n"),
        ("two methods", "GET,POST"),
        ("a method and a line of its own", "GET\nevil.example"),
        ("connect in lower case", "connect"),
        ("a byte of the upper half", "G\u00cbT"),
        ("another token character", "GET!"),
    ]:
        to.refuse(f"method: {name}", "malformed-request", "/", path="/", method=method,
                  detail="A method is 1 to 32 of A-Z and the hyphen, a letter first.")
    to.refuse("method: CONNECT", "malformed-target", "/", path="/", method="CONNECT", detail="CONNECT is not signed.")
    to.refuse("method: CONNECT in authority form", "malformed-target", "api.example.com:443", method="CONNECT",
              detail="CONNECT is not signed.")
    to.refuse("method: OPTIONS of the asterisk", "malformed-target", "*", method="OPTIONS", detail="Asterisk-form is not signed.")


def bodies(to: Stage) -> None:
    for name, body in [
        ("none", ""),
        ("an empty JSON object", "{}"),
        ("one line feed", "\n"),
        ("text beyond ASCII, in UTF-8", "caf\u00e9 \u20ac \U0001f600"),
        ("a byte order mark", "\ufeff{}"),
        ("CR LF line ends", "a\r\nb\r\n"),
        ("a NUL", "a\x00b"),
        ("bytes that are no UTF-8", bytes([0xFF, 0xFE, 0x00, 0x80])),
        ("all bytes", bytes(range(256))),
        ("no bytes at all, as base64", b""),
        ("a body that looks like a canonical string", "CS1-HMAC-SHA256\nGET\napi.example.com\n/\n"),
        ("10,000 bytes", "a" * 10_000),
    ]:
        to.accept(f"body: {name}", "/v1/a", method="POST", path="/v1/a", body=body)
    to.accept("body: a GET with a body", method="GET", body="a=1")
    gzip = base64.b64decode("H4sIAAAAAAAC/6tWSszNL80rUbIytLCoBQBKAFLFDwAAAA==")
    to.accept("body: the coded bytes are digested, not the decoded ones", method="POST", body=gzip,
              headers=[("Content-Encoding", "gzip"), ("Content-Type", "application/json")],
              signed=["content-encoding", "content-type"])


def precedences(to: Stage) -> None:
    bearer = lambda value: "Bearer abc"
    broken = lambda value: value + ","
    bad_host = [("Host", "a b")]
    for name, code, target, options in [
        ("no signature and everything else wrong", "missing-signature", "/a/..%",
         {"mutate": lambda value: None, "method": "get", "headers": bad_host, "signed": []}),
        ("another scheme and a malformed target", "missing-signature", "/%", {"mutate": bearer}),
        ("another scheme and CONNECT", "missing-signature", "api.example.com:443", {"mutate": bearer, "method": "CONNECT"}),
        ("another scheme and the wrong audience", "missing-signature", "/", {"mutate": bearer, "accept": ["b.example"]}),
        ("a malformed signature and a malformed target", "malformed-signature", "/%", {"mutate": broken}),
        ("a malformed signature and an ambiguous target", "malformed-signature", "/..", {"mutate": broken}),
        ("a malformed signature and CONNECT", "malformed-signature", "*", {"mutate": broken, "method": "CONNECT"}),
        ("a malformed signature and a malformed request", "malformed-signature", "/", {"mutate": broken, "method": "get"}),
        ("a malformed signature and the wrong audience", "malformed-signature", "/", {"mutate": broken, "accept": ["b.example"]}),
        ("an unsignable name, and that field is absent", "malformed-signature", "/", {"signed": ["cookie"]}),
        ("a malformed and an ambiguous path", "malformed-target", "/a/../%", {}),
        ("an ambiguous path and a malformed query", "malformed-target", "/a/../b?%", {}),
        ("an ambiguous path and 1,001 pieces", "malformed-target", "/..?" + "&" * 1000, {}),
        ("an ambiguous path and a raw number sign", "malformed-target", "/..#", {}),
        ("an ambiguous path and an encoded control", "malformed-target", "/../%00", {}),
        ("an ambiguous path and a malformed authority", "malformed-target", "https://a:0/..", {}),
        ("a malformed target and a malformed method", "malformed-target", "/%", {"method": "get"}),
        ("a malformed target and a bad Host", "malformed-target", "/%", {"headers": bad_host, "signed": []}),
        ("a malformed target and the wrong audience", "malformed-target", "/%", {"accept": ["b.example"]}),
        ("CONNECT and an ambiguous path", "malformed-target", "/..", {"method": "CONNECT"}),
        ("CONNECT and no Host", "malformed-target", "/", {"method": "CONNECT", "audience": None}),
        ("an ambiguous target and a malformed method", "ambiguous-target", "/..", {"method": "get"}),
        ("an ambiguous target and no Host", "ambiguous-target", "/..", {"audience": None}),
        ("an ambiguous target and an unsigned content type", "ambiguous-target", "/..",
         {"headers": [("Content-Type", "a")], "signed": []}),
        ("an ambiguous target and the wrong audience", "ambiguous-target", "/..", {"accept": ["b.example"]}),
        ("a malformed method and the wrong audience", "malformed-request", "/", {"method": "get", "accept": ["b.example"]}),
        ("an absent signed field and the wrong audience", "malformed-request", "/", {"signed": ["x-meta"], "accept": ["b.example"]}),
        ("an unsigned content type and the wrong audience", "malformed-request", "/",
         {"headers": [("Content-Type", "a")], "signed": [], "accept": ["b.example"]}),
        ("a repeated Host, none of which is accepted", "malformed-request", "/",
         {"headers": [("Host", "a.example"), ("Host", "a.example")], "signed": [], "accept": ["b.example"]}),
    ]:
        to.refuse(f"precedence: {name}", code, target, detail=f"{code} comes first.", **options)


def verdicts() -> list[Vector]:
    request_sig = "0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088"
    out: list[Vector] = []

    def make(name: str, code: str, time: str = "1763750000123", dead_since: str = "", retry: str = "") -> Vector:
        text = "\n".join(["CS1-VERDICT-HMAC-SHA256", KEY, NONCE, request_sig, code, time, dead_since, retry])
        sig = cs.hmac_hex(cs.decode_secret(SECRET), text)
        field = f'code="{code}", time="{time}", dead-since="{dead_since}", retry-after-ms="{retry}", sig="{sig}"'
        return {
            "name": f"verdict: {name}", "secret": SECRET, "keyId": KEY, "nonce": NONCE, "requestSignature": request_sig,
            "code": code, "time": time, "deadSince": dead_since, "retryAfterMs": retry,
            "text": text, "signature": sig, "field": field,
        }

    def verify(vector: Vector) -> cs.Verdict | None:
        return cs.read_verdict(
            vector["field"], vector["secret"], vector["keyId"], vector["nonce"], vector["requestSignature"]
        )

    def accept(vector: Vector) -> None:
        expected = cs.Verdict(
            vector["code"], int(vector["time"]),
            int(vector["deadSince"]) if vector["deadSince"] else None,
            int(vector["retryAfterMs"]) if vector["retryAfterMs"] else None,
        )
        assert verify(vector) == expected, vector["name"]
        out.append(vector)

    accept(make("admitted", "admitted"))
    accept(make("rate-limited with a wait", "rate-limited", retry="1500"))
    accept(make("rate-limited with no wait", "rate-limited", retry="0"))
    accept(make("stale-timestamp since a time", "stale-timestamp", dead_since="1763749999000"))
    accept(make("future-timestamp", "future-timestamp"))
    accept(make("replayed-nonce", "replayed-nonce", dead_since="1763750000100"))
    accept(make("store-unavailable", "store-unavailable", retry="1000"))
    accept(make("store-recovering with both", "store-recovering", dead_since="1763750000122", retry="10000"))
    accept(make("the smallest time", "admitted", time="1000000000000"))
    accept(make("the greatest times", "stale-timestamp", time="9999999999999", dead_since="9999999999999"))
    for code in ["scope-mismatch", "scope-not-granted", "body-too-large", "body-timeout", "digest-mismatch"]:
        accept(make(code, code))

    base = make("", "rate-limited", dead_since="1763749999000", retry="1500")
    sig = base["signature"]
    for name, edit, detail in [
        ("another code", lambda f: f.replace("rate-limited", "admitted"), "The code is signed."),
        ("another time", lambda f: f.replace("1763750000123", "1763750000124"), "The time is signed."),
        ("another dead-since", lambda f: f.replace("1763749999000", "1763749999001"), "dead-since is signed."),
        ("dead-since taken out", lambda f: f.replace("1763749999000", ""), "dead-since is signed."),
        ("another wait", lambda f: f.replace('"1500"', '"1501"'), "The wait is signed."),
        ("the wait taken out", lambda f: f.replace('"1500"', '""'), "The wait is signed."),
        ("dead-since and the wait exchanged", lambda f: f.replace("1763749999000", "@").replace("1500", "1763749999000").replace("@", "1500"), "dead-since has 13 digits, and the order is signed."),
        ("another signature", lambda f: f.replace(sig, ("0" if sig[0] != "0" else "1") + sig[1:]), "The signature differs in its first digit."),
        ("another last digit of the signature", lambda f: f.replace(sig, sig[:-1] + ("0" if sig[-1] != "0" else "1")), "The signature differs in its last digit."),
        ("a signature in upper case", lambda f: f.replace(sig, sig.upper()), "Lower-case hex."),
        ("a shortened signature", lambda f: f.replace(sig, sig[:32]), "64 digits."),
        ("an empty signature", lambda f: f.replace(sig, ""), "64 digits."),
        ("no signature", lambda f: f.rsplit(", ", 1)[0], "Five parameters."),
        ("no code", lambda f: f.split(", ", 1)[1], "Five parameters."),
        ("no dead-since", lambda f: f.replace('dead-since="1763749999000", ', ""), "Five parameters."),
        ("an unknown parameter", lambda f: f + ', v="1"', "Five parameters and no other."),
        ("a parameter twice", lambda f: f.replace("time=", 'code="admitted", time='), "Each parameter once."),
        ("another order", lambda f: ", ".join([f.split(", ")[1], f.split(", ")[0], *f.split(", ")[2:]]), "In this order."),
        ("no spaces", lambda f: f.replace(", ", ","), "One representation only."),
        ("two spaces", lambda f: f.replace(", ", ",  ", 1), "One representation only."),
        ("a comma at the end", lambda f: f + ",", "One representation only."),
        ("a line feed at the end", lambda f: f + "\n", "One representation only."),
        ("no quotes", lambda f: f.replace('"', ""), "One representation only."),
        ("the scheme of a request in front", lambda f: "CS1-HMAC-SHA256 " + f, "One representation only."),
        ("two verdicts in one value", lambda f: f + ", " + f, "One representation only."),
        ("empty", lambda f: "", "Five parameters."),
    ]:
        vector = {**base, "name": f"verdict: refused: {name}", "field": edit(base["field"])}
        assert vector["field"] != base["field"], name
        out.append({**vector, "refused": True, "detail": detail})
    for name, change, detail in [
        ("for another nonce", {"nonce": "0f8fad5b-d9cb-469f-a165-70867728950f"}, "A verdict is about one request."),
        ("for another key", {"keyId": "key_live_2"}, "A verdict is about one request."),
        ("for another request signature", {"requestSignature": "05a88f6335cab38350b18dbbdfeee1398c5a7f53c6771b38a7b9264a6da5ace1"},
         "A verdict is about one request."),
        ("under another secret", {"secret": cs.encode_secret(bytes(range(1, 33)))}, "Another secret."),
    ]:
        out.append({**base, **change, "name": f"verdict: refused: {name}", "refused": True, "detail": detail})
    for name, code, time, dead_since, retry, detail in [
        ("a time of 12 digits", "admitted", "176375000012", "", "", "13 digits."),
        ("a time with a leading zero", "admitted", "0763750000123", "", "", "The first digit is not 0."),
        ("a time with a sign", "admitted", "+763750000123", "", "", "Digits only."),
        ("dead-since of 12 digits", "stale-timestamp", "1763750000123", "176374999900", "", "13 digits or nothing."),
        ("dead-since of NaN", "stale-timestamp", "1763750000123", "NaN", "", "13 digits or nothing."),
        ("a negative wait", "rate-limited", "1763750000123", "", "-1", "Digits or nothing."),
        ("a wait with a fraction", "rate-limited", "1763750000123", "", "1.5", "Digits or nothing."),
        ("a wait in scientific notation", "rate-limited", "1763750000123", "", "1e3", "Digits or nothing."),
        ("an empty time", "rate-limited", "", "", "", "13 digits."),
        ("an empty code", "", "1763750000123", "", "", "A code is not empty."),
    ]:
        vector = make(f"refused: correctly signed, but {name}", code, time, dead_since, retry)
        out.append({**vector, "refused": True, "detail": detail})
    plain = make("refused: signed without the verdict's scheme name", "admitted")
    text = plain["text"].replace("CS1-VERDICT-HMAC-SHA256", "CS1-HMAC-SHA256")
    wrong = cs.hmac_hex(cs.decode_secret(SECRET), text)
    out.append({**plain, "field": plain["field"].replace(plain["signature"], wrong), "refused": True,
                "detail": "Every text that is MACed begins with a scheme name of its own."})
    for vector in out:
        assert (verify(vector) is None) == vector.get("refused", False), vector["name"]
    return out


STAGES: dict[str, Callable[[Stage], None]] = {
    "worked-examples": worked_examples,
    "path": paths,
    "query": queries,
    "target": targets,
    "audience": audiences,
    "headers": headers,
    "scope": scopes,
    "authorization": authorizations,
    "method": methods,
    "body": bodies,
    "precedence": precedences,
}


def make_all() -> dict[str, list[Vector]]:
    """File name without its extension -> vectors."""
    files: dict[str, list[Vector]] = {}
    for name, fill in STAGES.items():
        stage = Stage()
        fill(stage)
        files[name] = stage.vectors
    files["verdict"] = verdicts()
    names = [vector["name"] for vectors in files.values() for vector in vectors]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise AssertionError(f"names used twice: {repeated}")
    return files


def main(argv: list[str]) -> int:
    if argv not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    files = make_all()
    texts = {f"{name}.json": json.dumps(vectors, indent=2) + "\n" for name, vectors in files.items()}
    if argv:
        found = {path.name: path.read_text("utf-8") for path in VECTORS.glob("*.json")}
        wrong = sorted(name for name in texts.keys() | found.keys() if texts.get(name) != found.get(name))
        print(f"these files differ: {', '.join(wrong)}" if wrong else "all files are as generated", file=sys.stderr)
        return 1 if wrong else 0
    VECTORS.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (VECTORS / name).write_text(text, "utf-8")
    for name, vectors in files.items():
        refused = sum("refused" in vector for vector in vectors)
        print(f"{name}.json: {len(vectors)} vectors, {refused} of them refusals")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
