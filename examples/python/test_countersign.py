"""python3 -m unittest   (set COUNTERSIGN_SEED to repeat a run of the random tests)"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import unittest
import urllib.parse
from pathlib import Path
from typing import Any, Callable

import countersign as cs
import make_vectors

SEED = int(os.environ.get("COUNTERSIGN_SEED") or random.SystemRandom().randrange(2**32))
SECRET = make_vectors.SECRET
CODES = {
    "missing-signature", "malformed-signature", "malformed-target", "ambiguous-target", "malformed-request",
    "wrong-audience",
}


def setUpModule() -> None:
    print(f"COUNTERSIGN_SEED={SEED}", file=sys.stderr)


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((make_vectors.VECTORS / f"{name}.json").read_text("utf-8"))


def body_of(vector: dict[str, Any]) -> bytes:
    if "bodyBase64" in vector:
        return base64.b64decode(vector["bodyBase64"])
    return vector["body"].encode("utf-8")


class WorkedExamples(unittest.TestCase):
    """The examples of spec 2.5, with the texts and MACs copied from there."""

    def sign(self, method: str, url: str, scope: str, headers: cs.Headers = (), body: bytes = b"") -> cs.SignedRequest:
        signer = cs.Signer(
            "key_live_1", SECRET, scope=scope, clock=lambda: 1763750000000,
            nonce=lambda: "0f8fad5b-d9cb-469f-a165-70867728950e",
        )
        return signer.sign(method, url, headers, body)

    def test_with_a_body(self) -> None:
        signed = self.sign(
            "POST", "https://API.example.com:443/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a", "orders:write",
            [("Content-Type", "application/json")], b'{"amount":1299}',
        )
        self.assertEqual(signed.canonical, """CS1-HMAC-SHA256
POST
api.example.com
/v1/orders/~eu
limit=20&sort=-created&tag=b&tag=a
2ed78cb54f07ab0b5e1d035c86dc3585ac044786b8398d4cbeda2e3b0814e4fb
1763750000000
0f8fad5b-d9cb-469f-a165-70867728950e
key_live_1
orders:write
content-type:application/json""")
        self.assertEqual(
            signed.value,
            'CS1-HMAC-SHA256 key="key_live_1", ts="1763750000000", nonce="0f8fad5b-d9cb-469f-a165-70867728950e",'
            ' scope="orders:write", digest="2ed78cb54f07ab0b5e1d035c86dc3585ac044786b8398d4cbeda2e3b0814e4fb",'
            ' headers="content-type", sig="0c5ad1a843d16a3bfe05271c2970ce365b03765aed72d751486e1856f2d48088"',
        )

    def test_with_an_empty_scope_the_string_ends_in_a_line_feed(self) -> None:
        signed = self.sign("GET", "https://api.example.com/v1/orders", "")
        self.assertTrue(signed.canonical.endswith("\nkey_live_1\n"))
        self.assertEqual(signed.fields.sig, "05a88f6335cab38350b18dbbdfeee1398c5a7f53c6771b38a7b9264a6da5ace1")


class Vectors(unittest.TestCase):
    def test_the_files_on_disk_are_as_generated(self) -> None:
        self.assertEqual(make_vectors.main(["--check"]), 0)

    def test_every_vector_is_accepted_or_refused_as_it_says(self) -> None:
        accepted = refused = 0
        for stage in make_vectors.STAGES:
            for vector in load(stage):
                with self.subTest(vector["name"]):
                    if "refused" in vector:
                        refused += 1
                        with self.assertRaises(cs.Refused) as caught:
                            make_vectors.check(vector)
                        self.assertEqual(caught.exception.code, vector["refused"])
                        continue
                    accepted += 1
                    head = make_vectors.check(vector)
                    self.assertEqual(head.canonical, vector["canonical"])
                    self.assertEqual(head.fields.sig, vector["signature"])
                    self.assertEqual(head.fields.digest, hashlib.sha256(body_of(vector)).hexdigest())
                    self.assertEqual(list(head.fields.headers), vector["signed"])
                    self.assertTrue(head.is_authentic([vector["secret"]]))
                    self.assertTrue(head.is_authentic([b"\x01" * 32, vector["secret"]]))
                    self.assertFalse(head.is_authentic([b"\x01" * 32]))
                    self.assertEqual(cs.format_authorization(head.fields), vector["authorization"])
        self.assertGreaterEqual(accepted + refused, 220)
        self.assertGreaterEqual(refused, (accepted + refused) / 2)

    def test_the_signer_makes_every_accepted_value(self) -> None:
        made = 0
        for stage in make_vectors.STAGES:
            for vector in load(stage):
                names = {name.lower() for name, _ in vector["headers"]}
                if "refused" in vector or names & {"host", ":authority"} or names != set(vector["signed"]):
                    continue  # not what this signer would send
                with self.subTest(vector["name"]):
                    signer = cs.Signer(
                        vector["keyId"], vector["secret"], scope=vector["scope"],
                        field=vector.get("header", "authorization"), sign_headers=vector["signed"],
                        clock=lambda: int(vector["timestamp"]), nonce=lambda: vector["nonce"],
                    )
                    origin = f"http://{vector['audience']}" if "audience" in vector else ""
                    url = origin + vector["target"]
                    signed = signer.sign(
                        vector["method"], url, [(name, value) for name, value in vector["headers"]], body_of(vector)
                    )
                    self.assertEqual(signed.value, vector["authorization"])
                    made += 1
        self.assertGreater(made, 150)

    def test_every_verdict(self) -> None:
        for vector in load("verdict"):
            with self.subTest(vector["name"]):
                verdict = cs.read_verdict(
                    vector["field"], vector["secret"], vector["keyId"], vector["nonce"], vector["requestSignature"]
                )
                if vector.get("refused"):
                    self.assertIsNone(verdict)
                    continue
                assert verdict is not None
                self.assertEqual((verdict.code, str(verdict.time)), (vector["code"], vector["time"]))
                self.assertEqual(verdict.dead_since, int(vector["deadSince"]) if vector["deadSince"] else None)
                self.assertEqual(verdict.retry_after_ms, int(vector["retryAfterMs"]) if vector["retryAfterMs"] else None)
                parts = (vector["code"], vector["time"], vector["deadSince"], vector["retryAfterMs"])
                text = cs.verdict_text(vector["keyId"], vector["nonce"], vector["requestSignature"], *parts)
                self.assertEqual(text, vector["text"])
                self.assertEqual(cs.format_verdict(*parts, cs.hmac_hex(cs.decode_secret(SECRET), text)), vector["field"])


class Secrets(unittest.TestCase):
    def test_what_is_taken(self) -> None:
        self.assertEqual(cs.decode_secret(SECRET), bytes(range(32)))
        self.assertEqual(cs.decode_secret(bytes(range(33))), bytes(range(33)))
        for size in range(32, 70):
            self.assertEqual(cs.decode_secret(cs.encode_secret(bytes(range(size)))), bytes(range(size)))

    def test_what_is_not(self) -> None:
        text = SECRET.removeprefix("cs1s_")
        for secret in [
            "", "cs1s_", text, "CS1S_" + text, "cs2s_" + text, "cs1s-" + text, " " + SECRET, SECRET + " ",
            SECRET + "\n", SECRET + "=", SECRET[:-1], SECRET[:-1] + "9", SECRET + "AA", SECRET[:-1] + "+", SECRET[:-1] + "/",
            "cs1s_" + "_" * 42 + "\u212a", cs.encode_secret(bytes(31)), bytes(31), b"",
        ]:
            with self.subTest(secret), self.assertRaises(TypeError):
                cs.decode_secret(secret)

    def test_the_signer_names_the_option(self) -> None:
        for arguments, options, named in [
            (("", SECRET), {}, "key_id"),
            (("k", "x"), {}, "secret"),
            (("k", SECRET), {"scope": "a::b"}, "scope"),
            (("k", SECRET), {"sign_headers": ["Cookie"]}, "cookie"),
            (("k", SECRET), {"field": "host"}, "host"),
            (("k", SECRET), {"field": "x-a", "sign_headers": ["X-A"]}, "x-a"),
        ]:
            with self.subTest(named), self.assertRaisesRegex(TypeError, named):
                cs.Signer(*arguments, **options)

    def test_field_names_are_compared_without_ascii_case_and_nothing_else(self) -> None:
        value = make_vectors._plain_value("case", "x-key")
        for name, absent in [("X-Key", False), ("x-KEY", False), ("X-\u212aey", True), ("X\u2010Key", True)]:
            headers = [("Host", "a"), ("x-SIGNATURE", value), (name, "1")]
            with self.subTest(name), self.assertRaises(cs.Refused) if absent else contextlib.nullcontext():
                cs.check_head("GET", "/", headers, audience=cs.ANY_HOST, field="X-Signature")

    def test_the_audience_policy(self) -> None:
        for policy in ["", "a b", [], ["a", "b c"]]:
            with self.subTest(policy), self.assertRaisesRegex(ValueError, "audience"):
                cs.check_head("GET", "/", [], audience=policy)


class Random(unittest.TestCase):
    """Properties on random input."""

    runs = 2000

    def setUp(self) -> None:
        self.random = random.Random(f"{SEED} {self.id()}")

    def text(self, alphabet: list[str], most: int = 12) -> str:
        return "".join(self.random.choices(alphabet, k=self.random.randrange(most)))

    def piece(self) -> str:
        names = ["a", "b", "ab", "%61", "a%20b", "a+b", "a[x]", "a.x", "a%5bx%5d", "__proto__", "[x]", ".x", "%ff", "%c3%a9", ""]
        values = ["", "=", "=1", "=2", "=1=2", "=%7e", "=%2B", "=[.]"]
        return self.random.choice(names) + self.random.choice(values)

    def test_the_canonical_form_is_idempotent_and_decodes_to_the_same_bytes(self) -> None:
        alphabet = [*"/aZ0.~;:@+!'()\"<[]^`{|}", "%2e", "%7E", "%2f", "%c3%A9", "%25", "%20", "b"]
        seen = 0
        for _ in range(self.runs):
            path = "/" + self.text(alphabet)
            query = self.text([*alphabet, "&", "=", "?", "\\", "%0a", "%26"])
            target = path + "?" + query
            try:
                once = cs.canonical_target(target)
            except cs.Refused as refused:
                self.assertEqual(refused.code, "ambiguous-target", target)
                continue
            seen += 1
            self.assertEqual(cs.canonical_target(f"{once.path}?{once.query}"), once, target)
            self.assertTrue((once.path + once.query).isascii(), target)
            unquote = urllib.parse.unquote_to_bytes
            self.assertEqual(unquote(once.path), unquote(path), target)
            before = [unquote(piece) for piece in query.split("&")]
            self.assertCountEqual([unquote(piece) for piece in once.query.split("&")], before, target)
        self.assertGreater(seen, self.runs / 2)

    def test_an_equivalent_spelling_changes_nothing(self) -> None:
        def respell(char: str) -> str:
            if char in "/?&=+" or self.random.random() < 0.5:
                return char
            spelled = f"%{ord(char):02x}"
            return spelled.upper() if self.random.random() < 0.5 else spelled

        for _ in range(self.runs):
            plain = "/" + self.text([*"abzAZ09-_~"]) + "/x?" + self.text([*"abcxyz019-._~&=+"], 20)
            spelled = "".join(map(respell, plain))
            self.assertEqual(cs.canonical_target(spelled), cs.canonical_target(plain), spelled)

    def test_reordering_by_different_roots_changes_nothing_and_by_one_root_does(self) -> None:
        changed = 0
        for _ in range(self.runs):
            pieces = [self.piece() for _ in range(self.random.randrange(2, 8))]
            canonical = cs.canonical_query("&".join(pieces))
            at = self.random.randrange(len(pieces) - 1)
            swapped = pieces.copy()
            swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
            one, other = cs.canonical_query(pieces[at]), cs.canonical_query(pieces[at + 1])
            same_root = cs.root_name(one) == cs.root_name(other)
            if same_root and one != other:
                self.assertNotEqual(cs.canonical_query("&".join(swapped)), canonical, pieces)
                changed += 1
            else:
                self.assertEqual(cs.canonical_query("&".join(swapped)), canonical, pieces)
        self.assertGreater(changed, 50)

    def test_a_parser_that_decodes_finds_the_same_values_in_the_same_order_for_each_name(self) -> None:
        def values(query: str) -> dict[str, list[str]]:
            return urllib.parse.parse_qs(query, keep_blank_values=True, encoding="latin-1")

        for _ in range(self.runs):
            query = "&".join(self.piece() for _ in range(self.random.randrange(8)))
            self.assertEqual(values(cs.canonical_query(query)), values(query), query)

    def test_no_input_raises_anything_but_a_refusal(self) -> None:
        everything = [chr(code) for code in range(256)]
        names = ["authorization", "Host", "content-type", "x-a", ":authority", "\u00e9", ""]
        value = make_vectors._plain_value("noise", "x-a")
        seen = set()
        for _ in range(self.runs):
            noisy = list(value)
            for _ in range(self.random.choice([0, 0, 0, 1, 2])):
                noisy[self.random.randrange(len(noisy))] = self.random.choice(everything)
            headers = [(self.random.choice(names), self.text(everything, 4)) for _ in range(self.random.randrange(4))]
            headers += [("Authorization", "".join(noisy)), ("Host", "a"), ("X-A", "1")][self.random.randrange(2) :]
            try:
                head = cs.check_head(
                    self.random.choice(["GET", "POST", "CONNECT", self.text(everything, 3)]),
                    self.random.choice(["/", "/a?b", "/" + self.text(everything, 5), self.text(everything)]),
                    headers,
                    audience=cs.ANY_HOST,
                )
                head.is_authentic([SECRET])
                seen.add("accepted")
            except cs.Refused as refused:
                self.assertIn(refused.code, CODES)
                seen.add(refused.code)
        self.assertLessEqual({"accepted", "missing-signature", "malformed-signature", "malformed-target", "malformed-request"}, seen)

    def test_an_authorization_value_has_one_representation(self) -> None:
        value = make_vectors._plain_value("one", "a;b")
        alphabet = [*'0a9f"=, ;:-%\\\t\n', "\u00e9", "", "  "]
        parsed = 0
        for _ in range(self.runs * 5):
            at = self.random.randrange(len(value) + 1)
            edited = value[:at] + self.random.choice(alphabet) + value[at + self.random.randrange(2) :]
            try:
                fields = cs.parse_authorization(edited)
            except cs.Refused:
                continue
            parsed += 1
            self.assertEqual(cs.format_authorization(fields), edited)
        self.assertGreater(parsed, 20)

    def test_every_covered_part_counts(self) -> None:
        signer = cs.Signer("k", SECRET, scope="a:b")
        url = "http://a.example/p/q?x=1&y=2"
        signed = signer.sign("POST", url, [("Content-Type", "text/plain")], b"body")
        host = ("Host", "a.example")
        right = cs.check_head("POST", signed.target, [host, *signed.headers], audience=cs.ANY_HOST)
        self.assertTrue(right.is_authentic([SECRET]))
        content_type = signed.headers[0]

        def edit(old: str, new: str) -> cs.Headers:
            self.assertIn(old, signed.value)
            return [host, content_type, ("authorization", signed.value.replace(old, new))]

        fields = signed.fields
        changes: list[tuple[str, str, cs.Headers]] = [
            ("PUT", signed.target, [host, *signed.headers]),
            ("POST", "/p/r?x=1&y=2", [host, *signed.headers]),
            ("POST", "/p/q/?x=1&y=2", [host, *signed.headers]),
            ("POST", "/p/q?x=1&y=3", [host, *signed.headers]),
            ("POST", "/p/q?x=1&y=2&", [host, *signed.headers]),
            ("POST", "/p/q", [host, *signed.headers]),
            ("POST", signed.target, [("Host", "b.example"), *signed.headers]),
            ("POST", signed.target, [host, ("Content-Type", "text/html"), signed.headers[1]]),
            ("POST", signed.target, edit('key="k"', 'key="l"')),
            ("POST", signed.target, edit(fields.ts, str(int(fields.ts) + 1))),
            ("POST", signed.target, edit(fields.nonce, "0f8fad5b-d9cb-469f-a165-70867728950e")),
            ("POST", signed.target, edit('scope="a:b"', 'scope="a"')),
            ("POST", signed.target, edit('scope="a:b"', 'scope=""')),
            ("POST", signed.target, edit(fields.digest, cs.EMPTY_DIGEST)),
        ]
        for method, target, headers in changes:
            with self.subTest((method, target, headers)):
                self.assertFalse(cs.check_head(method, target, headers, audience=cs.ANY_HOST).is_authentic([SECRET]))


class Server:
    """A real HTTP server on a real socket that plays a list of answers.

    It verifies every request as a verifier would, and keeps what it got.
    """

    def __init__(self, *answers: Callable[["Handler"], None]) -> None:
        self.answers = list(answers)
        self.targets: list[str] = []
        self.values: list[str] = []
        self.heads: list[cs.CheckedHead] = []
        owner = self

        class Bound(Handler):
            server_side = owner

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Handler(http.server.BaseHTTPRequestHandler):
    server_side: Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self) -> None:
        side = self.server_side
        target = self.requestline.split(" ")[1]
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        headers = list(self.headers.items())
        head = cs.check_head(self.command, target, headers, audience=cs.ANY_HOST)
        if not head.is_authentic([SECRET]) or head.fields.digest != hashlib.sha256(body).hexdigest():
            raise AssertionError("a request that does not verify")
        side.targets.append(target)
        side.values.append(cs.format_authorization(head.fields))
        side.heads.append(head)
        side.answers.pop(0)(self)

    def reply(self, status: int, verdict: str | None = None, body: bytes = b"ok") -> None:
        self.send_response(status)
        if verdict is not None:
            self.send_header("Countersign-Verdict", verdict)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def plain(status: int) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(status)


def drop(handler: Handler) -> None:
    """Take the request and hang up."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def verdict(
    status: int, code: str, *, at: int | None = None, dead_since: int | None = None, retry: int | None = None,
    secret: bytes = bytes(range(32)), about: str | None = None,
) -> Callable[[Handler], None]:
    def play(handler: Handler) -> None:
        fields = handler.server_side.heads[-1].fields
        parts = (
            code, str(int(fields.ts) if at is None else at), "" if dead_since is None else str(dead_since),
            "" if retry is None else str(retry),
        )
        sig = cs.hmac_hex(secret, cs.verdict_text(fields.key, about or fields.nonce, fields.sig, *parts))
        handler.reply(status, cs.format_verdict(*parts, sig))

    return play


class Clients(unittest.TestCase):
    NOW = 1763750000000

    def setUp(self) -> None:
        self.slept: list[float] = []
        self.elapsed = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds

    def client(self, **options: Any) -> tuple[cs.Client, cs.Signer]:
        signer = cs.Signer("k", SECRET, scope="a", clock=lambda: self.NOW + int(self.elapsed * 1000))
        options = {"sleep": self.sleep, "monotonic": lambda: self.elapsed, "jitter": lambda: 0.5, "timeout_s": 5, **options}
        return cs.Client(signer, **options), signer

    def test_the_target_is_sent_as_it_was_signed(self) -> None:
        raw = "//a%7eb/%c3%a9/%41;x?b=[1]&a=\"%2b+%20&&c\\?"
        with Server(plain(200)) as server:
            client, _ = self.client()
            response = client.send("POST", server.url + raw + "#fragment", [("Content-Type", "text/plain")], b"\x00\xff")
        self.assertEqual((response.status, response.body, response.verdict), (200, b"ok", None))
        self.assertEqual(server.targets, [raw])

    def test_every_method_arrives(self) -> None:
        with Server(*[plain(200)] * 6) as server:
            client, _ = self.client()
            for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "M-SEARCH"]:
                self.assertEqual(client.send(method, server.url).status, 200)
        self.assertEqual(len(set(server.values)), 6)

    def test_an_answer_of_the_application_is_returned_whatever_its_status(self) -> None:
        for status in [302, 404, 429, 500]:
            with Server(plain(status)) as server:
                response = self.client()[0].send("GET", server.url)
            self.assertEqual((response.status, response.verdict), (status, None))

    def test_a_receipt(self) -> None:
        with Server(verdict(201, "admitted")) as server:
            response = self.client()[0].send("POST", server.url)
        self.assertEqual((response.status, response.verdict), (201, cs.Verdict("admitted", self.NOW, None, None)))

    def test_rate_limited_waits_and_sends_the_same_signature_again(self) -> None:
        with Server(verdict(429, "rate-limited", retry=2000), verdict(429, "rate-limited", retry=100), plain(200)) as server:
            self.assertEqual(self.client()[0].send("POST", server.url).status, 200)
        self.assertEqual(len(server.values), 3)
        self.assertEqual(len(set(server.values)), 1)
        self.assertGreaterEqual(self.slept[0], 2.0)
        self.assertGreaterEqual(self.slept[1], 0.1)

    def test_rate_limited_ends_after_the_attempts(self) -> None:
        with Server(*[verdict(429, "rate-limited", retry=2000)] * 3) as server, self.assertRaises(cs.RateLimitedError) as caught:
            self.client(attempts=3)[0].send("POST", server.url)
        self.assertEqual(caught.exception.retry_after_ms, 2000)
        self.assertEqual(len(set(server.values)), 1)
        self.assertEqual(len(server.values), 3)

    def test_rate_limited_for_longer_than_the_signature_is_fresh_ends_at_once(self) -> None:
        with Server(verdict(429, "rate-limited", retry=300_000)) as server, self.assertRaises(cs.RateLimitedError):
            self.client()[0].send("POST", server.url)
        self.assertEqual(self.slept, [])

    def test_rate_limited_for_ever_ends_at_once(self) -> None:
        with Server(verdict(429, "rate-limited")) as server, self.assertRaises(cs.RateLimitedError) as caught:
            self.client()[0].send("GET", server.url)
        self.assertEqual((caught.exception.retry_after_ms, self.slept), (None, []))

    def test_the_wait_that_a_proxy_asks_for(self) -> None:
        def busy(handler: Handler) -> None:
            handler.send_response(503)
            handler.send_header("Retry-After", "7")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with Server(busy, plain(200)) as server:
            self.assertEqual(self.client()[0].send("GET", server.url).status, 200)
        self.assertGreaterEqual(self.slept[0], 7.0)
        self.assertEqual(len(set(server.values)), 1)

    def test_the_audience_may_be_another_than_the_host(self) -> None:
        signer = cs.Signer("k", SECRET, audience="API.example:443")
        self.assertIn("\napi.example\n", signer.sign("GET", "http://127.0.0.1:8080/").canonical)
        with self.assertRaisesRegex(TypeError, "audience"):
            cs.Signer("k", SECRET, audience="a b")

    def test_a_verdict_with_a_code_of_any_form(self) -> None:
        for code, known in [("a", True), ("-", True), ("a--b-", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("a1", False)]:
            text = cs.verdict_text("k", "n", "s", code, "1763750000000", "", "")
            value = cs.format_verdict(code, "1763750000000", "", "", cs.hmac_hex(cs.decode_secret(SECRET), text))
            self.assertEqual(cs.read_verdict(value, SECRET, "k", "n", "s") is not None, known, code)

    def test_store_unavailable(self) -> None:
        busy = verdict(503, "store-unavailable", retry=1000)
        with Server(busy, plain(200)) as server:
            self.assertEqual(self.client()[0].send("POST", server.url).status, 200)
        self.assertEqual(len(set(server.values)), 1)
        with Server(busy, busy) as server, self.assertRaises(cs.StoreUnavailableError):
            self.client(attempts=2)[0].send("POST", server.url)

    def test_a_lost_answer_and_then_already_admitted(self) -> None:
        with Server(drop, verdict(409, "replayed-nonce")) as server, self.assertRaises(cs.AlreadyAdmittedError):
            self.client()[0].send("POST", server.url)
        self.assertEqual(len(set(server.values)), 1)

    def test_network_errors_end_in_an_unknown_outcome(self) -> None:
        with Server(drop, drop, drop) as server, self.assertRaises(cs.OutcomeUnknownError):
            self.client(attempts=3)[0].send("POST", server.url)
        self.assertEqual(len(server.values), 3)
        self.assertEqual(len(set(server.values)), 1)

    def test_nobody_listens(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
            with self.assertRaises(cs.OutcomeUnknownError):
                self.client(attempts=2)[0].send("GET", url)
        self.assertEqual(len(self.slept), 1)

    def test_a_proxy_answer_is_retried_for_idempotent_methods_only(self) -> None:
        for status in [502, 503, 504]:
            with Server(plain(status), plain(200)) as server:
                self.assertEqual(self.client()[0].send("PUT", server.url).status, 200)
            self.assertEqual(len(set(server.values)), 1)
            with Server(plain(status)) as server:
                self.assertEqual(self.client()[0].send("POST", server.url).status, status)
        with Server(plain(503), plain(503)) as server, self.assertRaises(cs.OutcomeUnknownError) as caught:
            self.client(attempts=2)[0].send("GET", server.url)
        assert caught.exception.response is not None
        self.assertEqual(caught.exception.response.status, 503)

    def test_a_verdict_that_does_not_verify_is_no_verdict(self) -> None:
        for forged in [
            verdict(429, "rate-limited", retry=1, secret=bytes(32)),
            verdict(429, "rate-limited", retry=1, about="0f8fad5b-d9cb-469f-a165-70867728950e"),
            verdict(429, "stale-timestamp", at=self.NOW + 10**6, dead_since=self.NOW - 1, secret=bytes(32)),
        ]:
            with Server(forged) as server:
                client, signer = self.client()
                response = client.send("GET", server.url)
            self.assertEqual((response.status, response.verdict, signer.clock_offset_ms), (429, None, 0))
            self.assertEqual(len(server.values), 1)

    def test_two_verdicts_are_no_verdict(self) -> None:
        def twice(handler: Handler) -> None:
            fields = handler.server_side.heads[-1].fields
            text = cs.verdict_text(fields.key, fields.nonce, fields.sig, "admitted", fields.ts, "", "")
            value = cs.format_verdict("admitted", fields.ts, "", "", cs.hmac_hex(bytes(range(32)), text))
            handler.send_response(200)
            for _ in range(2):
                handler.send_header("Countersign-Verdict", value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with Server(twice) as server:
            self.assertIsNone(self.client()[0].send("GET", server.url).verdict)

    def test_a_slow_clock_is_corrected_and_a_second_signature_made_once(self) -> None:
        late = self.NOW + 600_000
        stale = verdict(401, "stale-timestamp", at=late, dead_since=self.NOW + 300_000)
        with Server(stale, plain(200)) as server:
            client, signer = self.client()
            self.assertEqual(client.send("POST", server.url).status, 200)
        self.assertEqual([int(head.fields.ts) for head in server.heads], [self.NOW, late])
        self.assertNotEqual(server.heads[0].fields.nonce, server.heads[1].fields.nonce)
        self.assertEqual(signer.clock_offset_ms, 600_000)

        with Server(stale, verdict(401, "stale-timestamp", at=late + 600_000, dead_since=late + 300_000)) as server:
            with self.assertRaises(cs.RefusedError) as caught:
                self.client()[0].send("POST", server.url)
        self.assertEqual(caught.exception.code, "stale-timestamp")
        self.assertEqual(len(server.values), 2)

    def test_a_signature_that_died_on_the_way_is_not_replaced(self) -> None:
        def slow(handler: Handler) -> None:
            self.elapsed += 301
            verdict(401, "stale-timestamp", at=self.NOW + 301_000, dead_since=self.NOW + 300_000)(handler)

        with Server(slow) as server, self.assertRaises(cs.OutcomeUnknownError):
            self.client()[0].send("POST", server.url)
        self.assertEqual(len(server.values), 1)

    def test_a_machine_that_slept_does_not_take_a_signature_for_dead_before_it_left(self) -> None:
        """The monotonic clock stands still meanwhile; the wall clock does not."""

        def asleep(handler: Handler) -> None:
            self.elapsed += 360
            verdict(401, "stale-timestamp", at=self.NOW + 360_000, dead_since=self.NOW + 300_000)(handler)

        with Server(asleep) as server, self.assertRaises(cs.OutcomeUnknownError):
            self.client(monotonic=lambda: 0.0)[0].send("POST", server.url)
        self.assertEqual(len(server.values), 1)

    def test_a_verdict_that_was_held_back_moves_the_clock_no_further_than_it_proves(self) -> None:
        def held(handler: Handler) -> None:
            self.elapsed += 60
            verdict(401, "future-timestamp", at=self.NOW - 90_000)(handler)

        with Server(held, plain(200)) as server:
            client, signer = self.client()
            client.send("GET", server.url)
        # Written at any time in these 60 s: the clock is 90 to 150 s fast.
        self.assertEqual(signer.clock_offset_ms, -90_000)

    def test_both_signatures_share_the_attempts(self) -> None:
        stale = verdict(401, "stale-timestamp", at=self.NOW + 600_000, dead_since=self.NOW + 300_000)
        busy = verdict(429, "rate-limited", retry=1)
        with Server(busy, stale, busy, busy, plain(200)) as server, self.assertRaises(cs.RateLimitedError):
            self.client(attempts=4)[0].send("POST", server.url)
        self.assertEqual(len(server.values), 4)

    def test_dead_exactly_when_it_was_signed_is_no_proof(self) -> None:
        with Server(verdict(401, "stale-timestamp", at=self.NOW, dead_since=self.NOW)) as server:
            with self.assertRaises(cs.OutcomeUnknownError):
                self.client()[0].send("POST", server.url)
        self.assertEqual(len(server.values), 1)

    def test_a_horizon_after_a_failover(self) -> None:
        recovering = verdict(503, "store-recovering", dead_since=NOW_MINUS_ONE, retry=15_000)
        with Server(recovering, plain(200)) as server:
            self.assertEqual(self.client()[0].send("POST", server.url).status, 200)
        self.assertEqual(self.slept, [15.0])
        self.assertEqual([int(head.fields.ts) for head in server.heads], [self.NOW, self.NOW + 15_000])

    def test_a_second_signature_has_an_age_of_its_own(self) -> None:
        recovering = verdict(503, "store-recovering", dead_since=NOW_MINUS_ONE, retry=9_000)
        with Server(recovering, verdict(429, "rate-limited", retry=3_000), plain(200)) as server:
            self.assertEqual(self.client(fresh_ms=10_000)[0].send("POST", server.url).status, 200)
        self.assertEqual(len(set(server.values)), 2)

    def test_a_fast_clock(self) -> None:
        early = verdict(401, "future-timestamp", at=self.NOW - 60_000)
        with Server(early, plain(200)) as server:
            self.assertEqual(self.client()[0].send("GET", server.url).status, 200)
        self.assertEqual([int(head.fields.ts) for head in server.heads], [self.NOW, self.NOW - 60_000])
        with Server(early, plain(200)) as server:
            client, _ = self.client()
            with self.assertRaises(cs.ClockSkewError):
                client.send("POST", server.url)
            self.assertEqual(client.send("POST", server.url).status, 200)
        self.assertEqual([int(head.fields.ts) for head in server.heads], [self.NOW, self.NOW - 60_000])

    def test_the_clock_is_not_corrected_beyond_the_cap(self) -> None:
        for code, at in [("future-timestamp", self.NOW - 86_400_001), ("stale-timestamp", self.NOW + 86_400_001)]:
            with Server(verdict(401, code, at=at, dead_since=self.NOW + 1)) as server:
                client, signer = self.client()
                with self.assertRaises(cs.ClockSkewError):
                    client.send("GET", server.url)
            self.assertEqual((signer.clock_offset_ms, len(server.values)), (0, 1))

    def test_other_refusals_are_final(self) -> None:
        for code in ["scope-mismatch", "digest-mismatch", "body-too-large", "a-code-of-the-future"]:
            with Server(verdict(403, code)) as server, self.assertRaises(cs.RefusedError) as caught:
                self.client()[0].send("GET", server.url)
            self.assertEqual(caught.exception.code, code)
            self.assertEqual(len(server.values), 1)

    def test_what_a_verifier_would_refuse_is_not_sent(self) -> None:
        client, _ = self.client()
        for url, code in [("http://a/../b", "ambiguous-target"), ("http://a/%", "malformed-target"), ("http://u@a/", "malformed-target")]:
            with self.subTest(url), self.assertRaises(cs.Refused) as caught:
                client.send("GET", url)
            self.assertEqual(caught.exception.code, code)
        for method, url, headers in [
            ("get", "http://a/", []), ("GET", "ftp://a/", []), ("GET", "http://a/", [("Host", "b")]),
            ("GET", "http://a/", [("Authorization", "Bearer x")]), ("GET", "http://a/", [("Content-Length", "1")]),
        ]:
            with self.subTest((method, url, headers)), self.assertRaises(TypeError):
                client.send(method, url, headers)
        with self.assertRaises(cs.Refused):
            client.send("GET", "http://a/", [("Content-Type", "a"), ("content-type", "b")])


NOW_MINUS_ONE = Clients.NOW - 1


class CommandLine(unittest.TestCase):
    def run_main(self, *argv: str) -> tuple[int, str]:
        out = io.StringIO()
        os.environ["COUNTERSIGN_SECRET"] = SECRET
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                return cs.main(argv), out.getvalue()
        finally:
            del os.environ["COUNTERSIGN_SECRET"]

    def test_sign_prints_the_worked_example(self) -> None:
        code, out = self.run_main(
            "sign", "POST", "https://API.example.com:443/v1/orders/%7eeu?sort=-created&limit=20&tag=b&tag=a",
            "--key", "key_live_1", "--scope", "orders:write", "-H", "Content-Type: application/json",
            "-d", '{"amount":1299}', "--ts", "1763750000000", "--nonce", "0f8fad5b-d9cb-469f-a165-70867728950e",
        )
        self.assertEqual(code, 0)
        self.assertEqual(out, f"Authorization: {load('worked-examples')[0]['authorization']}\n")

    def test_sign_says_what_is_wrong(self) -> None:
        self.assertEqual(self.run_main("sign", "GET", "http://a/..", "--key", "k")[0], 1)

    def test_send_as_a_process(self) -> None:
        with Server(plain(200), plain(404)) as server:
            for expected in (0, 1):
                run = subprocess.run(
                    [sys.executable, str(Path(cs.__file__)), "send", "PUT", f"{server.url}/a?b", "--key", "k", "-d", "@-"],
                    input=b"body", capture_output=True, timeout=20, env={**os.environ, "COUNTERSIGN_SECRET": SECRET},
                )
                self.assertEqual((run.returncode, run.stdout), (expected, b"ok"), run.stderr)
                self.assertRegex(run.stderr.decode(), re.compile(r"^(200|404)$", re.MULTILINE))
        self.assertEqual(server.heads[0].fields.digest, hashlib.sha256(b"body").hexdigest())


if __name__ == "__main__":
    unittest.main()
