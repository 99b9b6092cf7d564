"""What every peer speaks with the bench: one JSON object a line.

The first line out names the peer and its version. Every line in is a request, such as
{"case": "fc 147-64-64-5", "work": "update", "threads": 2, "count": 10}, and is answered by {"ms": milliseconds of
`count` units of work, "parameters": of one network} or {"error": why not}. The end of input ends the peer.
"""

import json
import os
import sys
import time
import traceback

# Libraries print to standard output as they please; the protocol keeps a copy of it for itself.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(message):
    print(json.dumps(message), file=answers, flush=True)


def serve(name, version, prepare):
    """`prepare(request)` makes the work of a request once: a function of no arguments and the network's size."""
    answer({"name": name, "version": version})
    prepared = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = json.dumps({key: value for key, value in request.items() if key not in ("count", "threads")})
        try:
            if key not in prepared:
                prepared[key] = prepare(request)
            work, parameters, set_threads = prepared[key]
            set_threads(request["threads"])
            work()  # caches and threads wake up outside the measured time
            start = time.perf_counter()
            for _ in range(request["count"]):
                work()
            answer({"ms": 1000 * (time.perf_counter() - start), "parameters": parameters})
        except Exception as error:
            traceback.print_exc()
            answer({"error": f"{type(error).__name__}: {error}"})
