"""The Python side of peer.mjs: one JSON request a line, one JSON answer a line."""

import json
import sys


def serve(commands):
    """Answers each request by the command that its `do` names; what fails is answered with `error`, which the benchmark reports."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = commands[request["do"]](request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
