"""python3 -m unittest   What the tests in TypeScript (test/) do not see of the verifier: options, keys, WSGI, threads."""

from __future__ import annotations

import io
import json
import threading
import unittest
from typing import Any

import countersign as cs
import make_vectors

SECRET = make_vectors.SECRET
OTHER = cs.encode_secret(b"\x07" * 32)
NOW = 1763750000000


class Clock:
    def __init__(self) -> None:
        self.now_ms, self.at_ms = NOW, 12_347.0

    def advance(self, ms: int) -> None:
        self.now_ms += ms
        self.at_ms += ms

    def store(self, **options: Any) -> cs.MemoryStore:
        given = {"after_restart": False, "clock": lambda: self.now_ms, "monotonic": lambda: self.at_ms, **options}
        return cs.MemoryStore(**given)


class Verifiers(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()

    def verifier(self, keys: Any = None, audience: Any = "a.example", **options: Any) -> cs.Verifier:
        keys = {"k": cs.Key(SECRET, ["orders"])} if keys is None else keys
        return cs.Verifier(keys, audience, **{"store": self.clock.store(), **options})

    def sign(self, body: bytes = b"", *, key: str = "k", secret: str = SECRET, scope: str = "", method: str = "POST") -> Any:
        signer = cs.Signer(key, secret, scope=scope, clock=lambda: self.clock.now_ms)
        return signer.sign(method, "http://a.example/v1/orders?b=1", [("Content-Type", "text/plain")], body)

    def verify(self, verifier: cs.Verifier, signed: Any = None, **more: Any) -> cs.Outcome:
        signed = self.sign() if signed is None else signed
        return verifier.verify(signed.method, signed.target, signed.headers, **{"body": signed.body, **more})

    def test_wrong_options_are_named(self) -> None:
        for named, make in [
            ("audience", lambda: self.verifier(audience="a b")),
            ("keys", lambda: self.verifier({"a b": cs.Key(SECRET, [])})),
            ("keys", lambda: self.verifier({SECRET: cs.Key(SECRET, [])})),
            ("field", lambda: self.verifier(field="host")),
            ("limits", lambda: self.verifier(limits={"orders:+": "1/s"})),
            ("limits", lambda: self.verifier(limits={"": "1/s"})),
            ("limits", lambda: self.verifier(limits={"+": "1/s"})),
            ("limits", lambda: self.verifier(limits={"orders": []})),
            ("limits", lambda: self.verifier(limits={"orders": ["60/m", "60 per 60 s"]})),
            ("rate", lambda: self.verifier(limits={"*": "5/month"})),
            ("secrets", lambda: cs.Key([], [])),
            ("secrets", lambda: cs.Key([SECRET] * 5, [])),
            ("scopes", lambda: cs.Key(SECRET, "orders")),
            ("scopes", lambda: cs.Key(SECRET, ["a::b"])),
            ("scope", lambda: self.verify(self.verifier(), scope="a b")),
            ("scope", lambda: self.verify(self.verifier(), scope="")),
            ("cost", lambda: self.verify(self.verifier(), cost=0)),
            ("cost", lambda: self.verify(self.verifier(), cost=True)),
            ("max_nonces", lambda: self.clock.store(max_nonces=0)),
            ("past_ms", lambda: self.clock.store(past_ms=0)),
            ("future_ms", lambda: self.clock.store(future_ms=-1)),
        ]:
            with self.subTest(named), self.assertRaisesRegex((TypeError, ValueError), named):
                make()
        with self.assertRaises(TypeError) as caught:
            cs.Key(SECRET[:20], [])
        self.assertNotIn(SECRET[6:20], str(caught.exception))

    def test_a_secret_is_not_shown(self) -> None:
        self.assertNotIn(SECRET, repr(cs.Secret(SECRET)))

    def test_keys_and_secrets_begin_and_end_when_they_say(self) -> None:
        keys = {
            "k": cs.Key([cs.Secret(SECRET, NOW + 10), OTHER], ["*"]),
            "from": cs.Key(SECRET, ["*"], not_before=NOW + 10),
            "until": cs.Key(SECRET, ["*"], expires_at=NOW + 10),
            "off": cs.Key(SECRET, ["*"], disabled=True),
        }
        verifier = self.verifier(keys)
        expected = {9: {"k": True, "from": False, "until": True}, 10: {"k": False, "from": True, "until": False}}
        for after, usable in expected.items():
            self.clock.now_ms = NOW + after
            for key_id, ok in {**usable, "off": False}.items():
                with self.subTest((after, key_id)):
                    outcome = self.verify(verifier, self.sign(key=key_id))
                    self.assertEqual(outcome.code, "admitted" if ok else "invalid-signature")
            self.assertTrue(self.verify(verifier, self.sign(secret=OTHER)).ok)

    def test_every_cause_of_an_invalid_signature_looks_alike_and_costs_the_same(self) -> None:
        keys = {"k": cs.Key([SECRET, OTHER], ["*"]), "off": cs.Key(SECRET, ["*"], disabled=True)}
        verifier = self.verifier(keys)
        made: list[int] = []
        real, count = cs.hmac_hex, 0

        def counting(secret: bytes, text: str) -> str:
            nonlocal count
            count += 1
            return real(secret, text)

        answers = set()
        for signed in [self.sign(key="nobody"), self.sign(key="off"), self.sign(secret=cs.encode_secret(bytes(32)))]:
            count, cs.hmac_hex = 0, counting
            try:
                outcome = self.verify(verifier, signed)
            finally:
                cs.hmac_hex = real
            made.append(count)
            answers.add((outcome.status, outcome.headers, outcome.content))
        self.assertEqual(made, [cs.MAX_SECRETS] * 3)
        self.assertEqual(len(answers), 1)

    def test_a_directory_that_fails_is_unavailable_and_nobodys_failure(self) -> None:
        def broken(key_id: str) -> cs.Key | None:
            raise ConnectionError("no route")

        verifier = self.verifier(broken, failures=(1, 60_000))
        for _ in range(3):
            outcome = self.verify(verifier, address="192.0.2.1")
            self.assertEqual((outcome.code, outcome.status, outcome.unread), ("store-unavailable", 503, False))
            self.assertNotIn("Countersign-Verdict", dict(outcome.headers))

    def test_a_spent_address_asks_no_directory_but_for_keys_that_were_proved(self) -> None:
        asked: list[str] = []

        def find(key_id: str) -> cs.Key | None:
            asked.append(key_id)
            return cs.Key(SECRET, ["*"]) if key_id in ("k", "l") else None

        verifier = self.verifier(find, failures=(2, 60_000))
        self.assertTrue(self.verify(verifier, address="192.0.2.9").ok)
        for code in ["invalid-signature", "invalid-signature", "too-many-failures", "too-many-failures"]:
            self.assertEqual(self.verify(verifier, self.sign(key="x"), address="192.0.2.1").code, code)
        self.assertEqual(asked, ["k", "x", "x"])
        self.assertEqual(self.verify(verifier, self.sign(key="l"), address="192.0.2.1").code, "too-many-failures")
        self.assertTrue(self.verify(verifier, address="192.0.2.1").ok)
        self.assertEqual(asked, ["k", "x", "x", "k"])
        self.clock.advance(60_000)
        self.assertTrue(self.verify(verifier, self.sign(key="l"), address="192.0.2.1").ok)

    def test_a_store_that_fails_is_unavailable_with_a_verdict(self) -> None:
        verifier = self.verifier()

        def broken(*_: object) -> cs.Admission:
            raise OSError("down")

        verifier.store.admit = broken  # type: ignore[method-assign]
        outcome = self.verify(verifier)
        self.assertEqual((outcome.code, outcome.status), ("store-unavailable", 503))
        self.assertIn("Countersign-Verdict", dict(outcome.headers))

    def test_the_routes_functions_see_what_is_signed_and_may_refuse(self) -> None:
        heads: list[cs.CheckedHead] = []

        def scope(head: cs.CheckedHead) -> str:
            heads.append(head)
            return "orders"

        def fails(head: cs.CheckedHead) -> Any:
            raise KeyError(head.path)

        verifier = self.verifier()
        self.assertTrue(self.verify(verifier, scope=scope, cost=lambda head: 2).ok)
        self.assertEqual((heads[0].path, heads[0].signed), ("/v1/orders", {"content-type": "text/plain"}))
        for code, route in [
            ("scope-mismatch", {"scope": fails}),
            ("scope-mismatch", {"scope": lambda head: None}),
            ("scope-mismatch", {"scope": lambda head: ""}),
            ("malformed-request", {"cost": fails}),
            ("malformed-request", {"cost": lambda head: 1.5}),
            ("malformed-request", {"cost": lambda head: 0}),
        ]:
            self.assertEqual(self.verify(verifier, **{"scope": "orders", **route}).code, code)

    def test_scopes_are_those_of_the_route_and_granted(self) -> None:
        keys = {"k": cs.Key(SECRET, ["orders", "a:b"]), "all": cs.Key(SECRET, ["*"]), "none": cs.Key(SECRET, [])}
        verifier = self.verifier(keys)
        for key, signed, route, children, expected in [
            ("k", "", "orders", False, "orders"), ("k", "orders", "orders", False, "orders"),
            ("k", "orders:write", "orders", False, "scope-mismatch"), ("k", "orders:write", "orders", True, "orders:write"),
            ("k", "orders2", "orders", True, "scope-mismatch"), ("k", "order", "orders", True, "scope-mismatch"),
            ("k", "orders", "orders:write", True, "scope-mismatch"), ("k", "orders2", None, False, "scope-not-granted"),
            ("k", "", "a", False, "scope-not-granted"), ("k", "", "a:b:c", False, "a:b:c"), ("k", "a:b:c", None, False, "a:b:c"),
            ("k", "", None, False, ""), ("none", "", None, False, ""), ("none", "", "orders", False, "scope-not-granted"),
            ("all", "x", None, False, "x"), ("all", "", "orders2", False, "orders2"),
        ]:
            with self.subTest((key, signed, route, children)):
                outcome = self.verify(verifier, self.sign(key=key, scope=signed), scope=route, children=children)
                self.assertEqual(outcome.scope if outcome.ok else outcome.code, expected)

    def test_the_body_is_read_last_and_only_for_whoever_proved_a_key(self) -> None:
        read: list[str] = []

        def body() -> bytes:
            read.append("read")
            return b"right"

        verifier = self.verifier(max_body_bytes=10)
        right = self.sign(b"right")
        for signed in [self.sign(b"right", secret=OTHER), self.sign(b"right", scope="other")]:
            self.assertFalse(self.verify(verifier, signed, body=body, scope="orders").ok)
        announced = verifier.verify("POST", right.target, [*right.headers, ("Content-Length", "11")], body=body)
        self.assertEqual((announced.code, announced.status, announced.unread), ("body-too-large", 413, True))
        self.assertEqual(read, [])
        for code, error in [
            ("body-too-large", cs.BodyTooLarge()), ("body-timeout", TimeoutError()), ("digest-mismatch", EOFError()),
            ("digest-mismatch", ConnectionResetError()),
        ]:
            def failing(error: Exception = error) -> bytes:
                raise error

            self.assertEqual(self.verify(verifier, right, body=failing).code, code)
        self.assertEqual(self.verify(verifier, right, body=b"x" * 11).code, "body-too-large")
        self.assertEqual(self.verify(verifier, right, body=b"wrong").code, "digest-mismatch")
        self.assertEqual(self.verify(verifier, right, body=body).body, b"right")

    def test_a_new_store_refuses_what_another_process_may_have_admitted(self) -> None:
        verifier = self.verifier(store=self.clock.store(after_restart=True))
        early = self.sign()
        outcome = self.verify(verifier, early)
        self.assertEqual((outcome.code, dict(outcome.headers)["Retry-After"]), ("store-recovering", "11"))
        verdict = cs.read_verdict(dict(outcome.headers)["Countersign-Verdict"], SECRET, "k", early.fields.nonce, early.fields.sig)
        self.assertEqual(verdict, cs.Verdict("store-recovering", NOW, NOW, 10_001))
        self.clock.advance(10_000)
        self.assertEqual(self.verify(verifier).code, "store-recovering")
        self.clock.advance(1)
        self.assertTrue(self.verify(verifier).ok)
        self.assertEqual(self.verify(verifier, early).code, "store-recovering")

    def test_many_threads_admit_one_copy_and_overdraw_nothing(self) -> None:
        verifier = self.verifier(limits={"orders": "50/h"})
        copies, others = [self.sign()] * 30, [self.sign() for _ in range(120)]
        todo, codes = [*copies, *others], []

        def work() -> None:
            while True:
                try:
                    signed = todo.pop()
                except IndexError:
                    return
                codes.append((signed is copies[0], self.verify(verifier, signed, scope="orders").code))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(codes), 150)
        self.assertEqual(sum(code == "admitted" for _, code in codes), 50)
        self.assertLessEqual(codes.count((True, "admitted")), 1)


class Wsgi(unittest.TestCase):
    """The middleware on environs as servers make them."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.got: list[dict[str, Any]] = []
        self.own: list[tuple[str, str]] = []
        verifier = cs.Verifier({"k": cs.Key(SECRET, ["*"])}, "a.example", store=self.clock.store(), max_body_bytes=100)
        self.middleware = cs.Middleware(self.application, verifier, scope="orders")

    def application(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.got.append({**environ, "body": environ["wsgi.input"].read()})
        start_response("201 Created", self.own)
        return [b"made"]

    def environ(self, body: bytes = b"body", **more: Any) -> dict[str, Any]:
        signer = cs.Signer("k", SECRET, sign_headers=["X-Up"], clock=lambda: self.clock.now_ms)
        signed = signer.sign("POST", "http://a.example/p%2Fq//r?b=%20", [("X-Up", "1"), ("Content-Type", "a/b")], body)
        environ = {
            "REQUEST_METHOD": "POST", "RAW_URI": signed.target, "PATH_INFO": "/p/q//r", "QUERY_STRING": "b=%20",
            "HTTP_HOST": "a.example", "HTTP_X_UP": "1", "CONTENT_TYPE": "a/b", "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": signed.value, "wsgi.input": io.BytesIO(body), "REMOTE_ADDR": "192.0.2.1", **more,
        }
        return {name: value for name, value in environ.items() if value is not None}

    def call(self, environ: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
        started: list[Any] = []
        content = b"".join(self.middleware(environ, lambda status, headers, *_: started.extend([status, headers])))
        return started[0], dict(started[1]), content

    def test_the_application_gets_what_was_verified(self) -> None:
        status, headers, content = self.call(self.environ())
        self.assertEqual((status, content), ("201 Created", b"made"))
        self.assertEqual(headers, {"Cache-Control": "private", "Vary": "authorization"})
        self.assertEqual(self.got[0]["body"], b"body")
        self.assertEqual(self.got[0]["countersign"].head.path, "/p%2Fq//r")

    def test_the_applications_own_caching_stays(self) -> None:
        for own, expected in [
            ([("cache-control", "no-store"), ("vary", "Accept")], {"cache-control": "no-store", "vary": "Accept", "Vary": "authorization"}),
            ([("Vary", "*")], {"Vary": "*", "Cache-Control": "private"}),
            ([("Vary", "Accept, Authorization")], {"Vary": "Accept, Authorization", "Cache-Control": "private"}),
        ]:
            self.own = own
            self.assertEqual(self.call(self.environ())[1], expected)

    def test_a_chunked_body_whose_end_the_server_marks(self) -> None:
        chunked = {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked"}
        status, _, _ = self.call(self.environ(**chunked, **{"wsgi.input_terminated": True}))
        self.assertEqual(status, "201 Created")
        self.assertEqual((self.got[0]["body"], self.got[0]["CONTENT_LENGTH"]), (b"body", "4"))
        self.assertNotIn("HTTP_TRANSFER_ENCODING", self.got[0])
        unmarked = self.call(self.environ(**chunked))
        self.assertEqual(json.loads(unmarked[2])["code"], "digest-mismatch")
        grown = self.environ(b"x" * 101, **chunked, **{"wsgi.input_terminated": True})
        self.assertEqual(json.loads(self.call(grown)[2])["code"], "body-too-large")

    def test_bodies_that_are_not_as_announced(self) -> None:
        for code, more in [
            ("digest-mismatch", {"CONTENT_LENGTH": "5"}),
            ("digest-mismatch", {"CONTENT_LENGTH": "3"}),
            ("digest-mismatch", {"CONTENT_LENGTH": "x"}),
            ("digest-mismatch", {"CONTENT_LENGTH": None}),
            ("digest-mismatch", {"HTTP_TRANSFER_ENCODING": "chunked"}),
            ("body-too-large", {"CONTENT_LENGTH": "101"}),
        ]:
            with self.subTest(more):
                status, headers, content = self.call(self.environ(**more))
                self.assertEqual(json.loads(content)["code"], code)
                self.assertEqual(headers["Content-Length"], str(len(content)))
        self.assertEqual(self.got, [])

    def test_joined_lines_and_underscores_break_the_signature(self) -> None:
        for more in [
            {"HTTP_X_UP": "1,1"}, {"HTTP_X_UP": None}, {"HTTP_IDEMPOTENCY_KEY": "1"}, {"CONTENT_TYPE": "a/c"},
            {"HTTP_AUTHORIZATION": "Bearer x," + self.environ()["HTTP_AUTHORIZATION"]},
        ]:
            with self.subTest(more):
                self.assertRegex(self.call(self.environ(**more))[0], "^40[01] ")

    def test_a_server_without_the_raw_target_is_a_mistake(self) -> None:
        self.assertEqual(self.call(self.environ(RAW_URI=None, REQUEST_URI="/p%2Fq//r?b=%20"))[0], "201 Created")
        with self.assertRaisesRegex(RuntimeError, "raw target"):
            self.call(self.environ(RAW_URI=None))

    def test_an_answer_to_head_has_no_body(self) -> None:
        status, headers, content = self.call(self.environ(REQUEST_METHOD="HEAD"))
        self.assertEqual((status, content), ("401 Unauthorized", b""))
        self.assertGreater(int(headers["Content-Length"]), 0)


class Served(unittest.TestCase):
    """Client and middleware of this file over a real socket."""

    def test_the_application_sees_the_path_that_was_sent(self) -> None:
        seen: list[tuple[str, str, str]] = []

        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            seen.append((environ["RAW_URI"], environ["PATH_INFO"], environ.get("CONTENT_TYPE", "none")))
            start_response("200 OK", [])
            return [b""]

        store = cs.MemoryStore(after_restart=False)
        verifier = cs.Verifier({"k": cs.Key(SECRET, ["*"])}, "a.example", store=store, receipts=True)
        with cs.make_server(cs.Middleware(application, verifier, scope="orders")) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            client = cs.Client(cs.Signer("k", SECRET, audience="a.example"), timeout_s=5)
            url = f"http://127.0.0.1:{server.server_port}"
            for raw, path in [("//a//b%2Fc;x", "//a//b/c;x"), ("/%7e?q=//", "/~"), ("/caf%c3%a9", "/caf\xc3\xa9")]:
                answer = client.send("GET", url + raw)
                self.assertEqual((answer.status, answer.verdict and answer.verdict.code), (200, "admitted"))
                self.assertEqual(seen.pop(), (raw, path, "none"))
            # CGI names Idempotency_Key and Idempotency-Key alike: what the application would see has to be signed.
            for fields in [
                [("Idempotency_Key", "evil")], [("X_HTTP_Method_Override", "DELETE")], [("Content_Encoding", "gzip")],
                [("Idempotency-Key", "good"), ("Idempotency_Key", "evil")],
            ]:
                with self.subTest(fields):
                    self.assertIn(b'"malformed-request"', client.send("POST", url, fields).body)
            self.assertEqual(seen, [])
            server.shutdown()


class Budgets(unittest.TestCase):
    def test_the_path_through_the_tree(self) -> None:
        limits = cs.Limits({
            "*": "1000/m", "orders": "300/m", "orders:write": ["60/m", "5 / s"], "orders:write:+": ["10/m", "2 per 2 h"],
            "orders:write:t7": "10/60s", "other": "1/d",
        })
        above = ["orders:write 60/60s", "orders:write 5/1s", "orders 300/60s", "* 1000/60s"]
        for scope, expected in [
            ("orders:write:t7", ["orders:write:t7 10/60s", "orders:write:t7 2/7200s", *above]),
            ("orders:write:t8:x", ["orders:write:t8 10/60s", "orders:write:t8 2/7200s", *above]),
            ("orders:write", ["orders:write:+ 10/60s", "orders:write:+ 2/7200s", *above]),
            ("orders", above[2:]), ("orders2", above[3:]), ("", above[3:]), ("other:a", ["other 1/86400s", above[3]]),
        ]:
            with self.subTest(scope):
                self.assertEqual([charge.name for charge in limits.charges(scope, 1)], expected)

    def test_what_failures_of_an_address_are_counted_under(self) -> None:
        for address, group in [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("2001:DB8::1", "2001:db8::/64"), ("2001:db8:0:0:9::1", "2001:db8::/64"), ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
            ("fe80::1%eth0", "fe80::/64"), ("::192.0.2.1", "::/64"), ("192.0.2.01", None), ("", None), ("unix:", None),
            ("192.0.2.1%x", None), (None, None),
        ]:
            self.assertEqual(cs.address_group(address), group)

    def test_state_is_bounded(self) -> None:
        window = cs.Window(1_000_000, 60_000)
        for at in range(0, 200_000, 3):
            self.assertEqual(window.wait_ms(1, at), 0)
            window.charge(1, at)
        self.assertLessEqual(len(window._log), cs.Window.SLICES + 2)
        meter = cs.FailureMeter(3, 1_000, most=2, clock=lambda: 5.0)
        for last in range(9):
            meter.record(f"192.0.2.{last}")
        self.assertEqual(len(meter._windows), 2)
        self.assertEqual([meter.wait_ms(f"192.0.2.{last}") > 0 for last in (0, 1, 8)], [False, False, True])


if __name__ == "__main__":
    unittest.main()
