"""Stores, verifiers and clients in Python for a test in TypeScript: a JSON line in, a JSON line out, in order.

Stores and verifiers live on the clock that comes with each question. Calls of a client are real ones.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

import countersign as cs  # noqa: E402

Question = dict[str, Any]
now_ms, at_ms = 0, 0.0
stores: dict[str, cs.MemoryStore] = {}
verifiers: dict[str, cs.Verifier] = {}
clients: dict[str, cs.Client] = {}


def make_store(options: dict[str, Any]) -> cs.MemoryStore:
    return cs.MemoryStore(**{"clock": lambda: now_ms, "monotonic": lambda: at_ms, "after_restart": False, **options})


def make_key(given: dict[str, Any]) -> cs.Key:
    secrets = [cs.Secret(secret, expires_at) for secret, expires_at in given.pop("secrets")]
    return cs.Key(secrets, given.pop("scopes"), **given)


def store(question: Question) -> Any:
    stores[question["id"]] = make_store(question["options"])


def forget(question: Question) -> Any:
    del stores[question["id"]]


def admit(question: Question) -> Any:
    charges = [cs.Charge(*charge) for charge in question["charges"]]
    nonce = bytes.fromhex(question["nonce"])
    admission = stores[question["id"]].admit(question["key"], question["owner"], nonce, question["ts"], charges)
    levels = [vars(level) for level in admission.levels]
    return {**vars(admission), "levels": levels}


def declare_stale(question: Question) -> Any:
    return stores[question["id"]].declare_stale(question["key"], question["ts"])


def verifier(question: Question) -> Any:
    options = question["options"]
    audience = cs.ANY_HOST if options["audience"] is None else options["audience"]
    keys = {key_id: make_key(key) for key_id, key in options["keys"]}
    verifiers[question["id"]] = cs.Verifier(
        keys, audience, store=make_store(question.get("store", {})), **options.get("more", {})
    )


def verify(question: Question) -> Any:
    outcome = verifiers[question["id"]].verify(
        question["method"],
        question["target"],
        [(name, value) for name, value in question["headers"]],
        body=base64.b64decode(question["body"]),
        address=question.get("address"),
        **question.get("route", {}),
    )
    canonical = outcome.head and outcome.head.canonical
    problem = json.loads(outcome.content) if outcome.content else None
    return {
        "code": outcome.code,
        "status": outcome.status,
        "headers": outcome.headers,
        "problem": problem,
        "scope": outcome.scope,
        "owner": outcome.owner,
        "canonical": canonical,
        "reason": outcome.reason,
    }


def limits(question: Question) -> Any:
    try:
        return [vars(charge) for charge in cs.Limits(question["limits"]).charges(question["scope"], question["cost"])]
    except ValueError as error:
        return {"error": str(error)}


def client(question: Question) -> Any:
    off_ms = question.get("offMs", 0)
    signer = cs.Signer(
        question["keyId"],
        question["secret"],
        audience=question.get("audience"),
        clock=lambda: cs.wall_clock_ms() + off_ms,
    )
    clients[question["id"]] = cs.Client(signer, timeout_s=10)


def call(question: Question) -> Any:
    sender = clients[question["id"]]
    headers = [(name, value) for name, value in question.get("headers", [])]
    body = question.get("body", "").encode()
    try:
        response = sender.send(question["method"], question["url"], headers, body, scope=question.get("scope", ""))
    except cs.CallError as error:
        return {"error": type(error).__name__, "code": getattr(error, "code", None)}
    verdict = response.verdict and response.verdict.code
    return {"status": response.status, "body": response.body.decode(), "verdict": verdict}


TASKS = {
    task.__name__: task for task in (store, forget, admit, declare_stale, verifier, verify, limits, client, call)
}


def main() -> None:
    global now_ms, at_ms
    for line in sys.stdin.buffer:
        question = json.loads(line)
        now_ms, at_ms = question.get("nowMs", 0), question.get("atMs", 0)
        try:
            answer = {"answer": TASKS[question["task"]](question)}
        except Exception as error:  # told to the test, which fails with it
            answer = {"raised": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
