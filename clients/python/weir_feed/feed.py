"""One connection to a feed, resumed under its client's name."""

import json
import socket
import uuid

# Names of rows become UUIDs in this space, so that the same name is the same row in every run.
NAMESPACE = uuid.UUID("3d1f6f0a-9f2e-5c0e-8f38-2f6c1a0b7e55")


class FeedError(Exception):
    """Weir cannot be reached, ended the connection, or did not understand a line."""


class Rejected(FeedError):
    """A transaction was refused: nothing has changed."""

    def __init__(self, rejected):
        self.op = rejected.get("op")
        self.reason = rejected["reason"]
        where = "" if self.op is None else f"operation {self.op}: "
        super().__init__(where + self.reason)


def insert(relation, row):
    """A row that is not there."""
    return {"insert": relation, "row": row}


def upsert(relation, row):
    """A row, whether it is there or not."""
    return {"upsert": relation, "row": row}


def modify(relation, key, row):
    """Columns of the row with this key; the others stay."""
    return {"modify": relation, "key": key, "row": row}


def delete(relation, key):
    """The row with this key goes."""
    return {"delete": relation, "key": key}


class Feed:
    """A connection. `address` is ssl:HOST:PORT, tcp:HOST:PORT or unix:PATH; `client` names who resumes where it was.

    `context`, for ssl, is an ssl.SSLContext with the client's certificate. Not for several threads at once.
    """

    insert = staticmethod(insert)
    upsert = staticmethod(upsert)
    modify = staticmethod(modify)
    delete = staticmethod(delete)

    def __init__(self, address, client=None, timeout=60.0, context=None):
        self._socket = _connect(address, timeout, context)
        self._file = self._socket.makefile("rwb")
        self._installed = {}
        # With a name, numbers go on where this client was; without one they only tell answers apart.
        self.last = 0
        if client is not None:
            self._send({"hello": {"client": client}})
            self.last = self._receive()["welcome"]["last"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the connection. What was committed stands."""
        self._file.close()
        self._socket.close()

    @staticmethod
    def uuid(name):
        """A UUID for a row, the same for the same name in every run."""
        return str(uuid.uuid5(NAMESPACE, name))

    def commit(self, ops, wait="committed", seq=None):
        """One transaction; returns its epoch once it is durable, or with wait="installed" once it is on the switches.

        Raises Rejected if it is refused. Returns None if it had been committed before, under the same `seq`.
        """
        seq = self.last + 1 if seq is None else seq
        self.last = max(self.last, seq)
        self._send({"ops": list(ops), "seq": seq, "wait": wait})
        return self._await(seq, wait)

    def replace(self, rows, relations=None, wait="committed"):
        """A snapshot: afterwards the feed's rows of `relations` are exactly `rows`, pairs of relation and row."""
        begin = {"begin": "snapshot"}
        if relations is not None:
            begin["relations"] = list(relations)
        self._send(begin)
        for relation, row in rows:
            self._send({"ops": [insert(relation, row)]})
        self.last = seq = self.last + 1
        self._send({"end": "snapshot", "seq": seq, "wait": wait})
        return self._await(seq, wait)

    def changes(self, *relations):
        """Yields (epoch, relation, [(row, weight)]) for every commit from now on. Nothing else can be asked meanwhile."""
        self._send({"subscribe": list(relations)})
        while True:
            answer = self._receive()
            if "relation" in answer:
                yield answer["epoch"], answer["relation"], [tuple(row) for row in answer["rows"]]
            elif "notice" in answer:
                raise FeedError(answer["notice"])

    def _await(self, seq, wait):
        while True:
            answer = self._receive()
            if "rejected" in answer:
                raise Rejected(answer["rejected"])
            if answer.get("seq") != seq:
                continue
            if "duplicate" in answer:
                return None
            if "installed" in answer:
                return answer["installed"]["epoch"]
            if "committed" in answer and wait == "committed":
                return answer["committed"]["epoch"]

    def _send(self, line):
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise FeedError(f"the connection broke: {error}") from error

    def _receive(self):
        try:
            line = self._file.readline()
        except OSError as error:
            raise FeedError(f"the connection broke: {error}") from error
        if not line:
            raise FeedError("Weir ended the connection")
        answer = json.loads(line)
        if "error" in answer:
            raise FeedError(answer["error"])
        return answer


def _connect(address, timeout, context):
    kind, _, rest = address.partition(":")
    try:
        if kind == "unix" and rest:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(timeout)
            connection.connect(rest)
            return connection
        host, _, port = rest.rpartition(":")
        if kind in ("tcp", "ssl") and host and port.isdigit():
            connection = socket.create_connection((host.strip("[]"), int(port)), timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if kind == "tcp":
                return connection
            if context is None:
                raise FeedError("ssl needs a context")
            return context.wrap_socket(connection, server_hostname=host.strip("[]"))
    except OSError as error:
        raise FeedError(f"cannot reach {address}: {error}") from error
    raise FeedError(f"{address!r} is not ssl:HOST:PORT, tcp:HOST:PORT or unix:PATH")
