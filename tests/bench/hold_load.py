"""What a hold costs: the pass that writes it and the pass that checks it, beside a change that is let in."""

import base64
import http.client
import json
import ssl

import inputs
from servers import Broken


def ask(bench, server, path, text):
    tls = ssl.create_default_context(cafile=bench.certificate)
    host, port = server.address.rsplit(":", 1)
    connection = http.client.HTTPSConnection(host, int(port), context=tls, timeout=10)
    try:
        connection.request("POST", path, text, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())["response"]
    finally:
        connection.close()


def patched(review, response):
    """The review as the API server sends it to the second pass. The patches of a hold only add."""
    if "patch" not in response:
        raise Broken(f"the change is not held: {response}")
    thing = review["request"]["object"]
    for operation in json.loads(base64.b64decode(response["patch"])):
        if operation["op"] != "add":
            raise Broken(f"an unexpected operation: {operation}")
        at, *steps = thing, *(step.replace("~1", "/").replace("~0", "~") for step in operation["path"][1:].split("/"))
        for step in steps[:-1]:
            at = at[step]
        at[steps[-1]] = operation["value"]
    return review


def held_case(bench, server, case):
    """The case, once it is held."""
    size, _, file, length = case
    review = patched(json.loads(file.read_text()), ask(bench, server, "/mutate", file.read_bytes()))
    held = bench.directory / "held.json"
    held.write_text(json.dumps(review, separators=(",", ":")))
    return size, "allowed", held, length


def holds(bench, case, median):
    """{pass: medians}"""
    inputs.write_policy_in_force(bench.directory, 1, "Delay")
    with bench.running({"open": ("changegate", 10, 10), "delay": ("changegate", 10, "delay-1")}) as servers:
        held = held_case(bench, servers["delay"], case)
        plans = {"/validate, allowed": (servers["open"], case, "/validate"),
                 "/mutate, allowed": (servers["open"], case, "/mutate"),
                 "/mutate, held": (servers["delay"], case, "/mutate"),
                 "/validate, held": (servers["delay"], held, "/validate")}
        samples = {what: [] for what in plans}
        for _ in range(bench.chosen.rounds):
            for what, (server, one, path) in plans.items():
                samples[what].append(bench.measure(server, one, path=path))
    return {what: median(each) for what, each in samples.items()}
