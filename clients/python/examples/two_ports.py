"""A network with two ports, and the time until it is on the switches: two_ports.py tcp:127.0.0.1:6650"""

import sys
import time

from weir_feed import Feed


def main(address):
    with Feed(address, client="two-ports") as feed:
        ports = [feed.uuid(f"blue{n}") for n in (1, 2)]
        ops = [feed.upsert("nb::Logical_Switch", {"_uuid": feed.uuid("blue"), "name": "blue", "ports": ports})]
        for n, port in enumerate(ports, 1):
            row = {"_uuid": port, "name": f"blue{n}", "addresses": [f"00:00:00:00:01:{n:02x} 10.0.1.{n}"]}
            ops.append(feed.upsert("nb::Logical_Switch_Port", row))
        start = time.monotonic()
        epoch = feed.commit(ops, wait="installed")
        print(f"epoch {epoch}: on the switches after {(time.monotonic() - start) * 1000:.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "tcp:127.0.0.1:6650")
