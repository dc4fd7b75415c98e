"""Serves one of the example applications for a test in TypeScript: `serve.py wsgi_app | django_app | flask_app`.

The configuration comes as JSON in the first line of standard input; the port is printed; the end of the input ends it.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True

import countersign as cs  # noqa: E402


def main(application: str) -> None:
    # Django tells of every refusal in its log.
    logging.disable(logging.WARNING)
    config = json.loads(sys.stdin.readline())
    keys = {key_id: cs.Key(**key) for key_id, key in config["keys"].items()}
    store = cs.MemoryStore(**config["store"])
    verifier = cs.Verifier(keys, config["audience"], store=store, limits=config["limits"], receipts=True)
    server = cs.make_server(importlib.import_module(application).create_app(verifier))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


main(sys.argv[1])
