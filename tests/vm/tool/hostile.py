# SPDX-License-Identifier: GPL-2.0-or-later
# hostile.py SOCKET PID: everything that a keeper should not be told. It goes on answering, and
# has neither an answer but an error for it, nor a descriptor more.
import json
import os
import random
import socket
import sys
import threading
import time

path, pid = sys.argv[1], int(sys.argv[2])
random.seed(7)


def connect():
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.connect(path)  # waits for a place in the queue
    sock.settimeout(100)
    return sock


def receive(sock):
    """The answer, None when there is none."""
    try:
        data = sock.recv(1 << 17)
    except ConnectionResetError:
        return None
    return json.loads(data) if data else None


def tell(data, fds=()):
    with connect() as sock:
        try:
            socket.send_fds(sock, [data], list(fds)) if fds else sock.send(data)
        except OSError as error:
            return f"not sent: {error.strerror}"
        return receive(sock)


def ask(request, fds=()):
    return tell(json.dumps(request).encode(), fds)


def descriptors():
    return sorted(os.listdir(f"/proc/{pid}/fd"))


def is_alive():
    answer = ask({"op": "info"})
    assert answer and answer["ok"] and answer["pid"] == pid and answer["entries"], answer


def refused(what, answer, text=""):
    assert answer is None or isinstance(answer, str) or "error" in answer, (what, answer)
    assert not text or text in answer["error"]["message"], (what, answer)
    is_alive()
    settled(what)


def settled(what):
    """Soon after its last answer, the keeper has closed what it had for that."""
    for _ in range(200):
        if descriptors() == before:
            return
        time.sleep(0.05)
    assert False, (what, descriptors(), before)


def silent_client(sock):
    receive(sock)
    sock.close()
    ended.append(sock)


is_alive()
before = descriptors()

# What is no message
for data in [b"\0", b"{", b"x", b"[]", b"7", b'"op"', b"null", b"{}{}", b"{}\0", b'{"op":', b'{"op":"info"',
             b'{"op":"info"}x', b"{'op':'info'}", b'{"op":"info",}', b"\xff" * 100, b"{" * 60000,
             b'{"op":' * 10000, b'{"a":' * 9 + b"1" + b"}" * 9, b"[" * 60000 + b"]" * 5000,
             b'{"op":"\xff"}', b'{"op":"info"' + b" " * 65540 + b"}", b"x" * 65537, b"x" * 100000,
             b'{"op":"' + b"A" * 65000 + b'"}']:
    refused(data[:30], tell(data))
for _ in range(300):
    refused("random", tell(os.urandom(random.randrange(1, 3000))))
text = json.dumps({"op": "retrieve", "tokens": ["0x0001000000000100"]}).encode()
for length in range(1, len(text)):
    refused("a part", tell(text[:length]))

# What is one, and means nothing; the right words with the wrong types
wrong = [None, True, False, 0, -1, 1 << 62, 1e300, "", "x", "0x", "0x1", "-1", "0x" + "f" * 17, [], [1], {}, {"op": "info"}]
for value in wrong:
    refused("op", ask({"op": value}))
    refused("tokens", ask({"op": "retrieve", "tokens": value}))
    refused("token", ask({"op": "retrieve", "tokens": [value]}))
refused("tokens", ask({"op": "retrieve", "tokens": ["0x0001000000000100"] * 33}))
for value in [None, 0, 1, "true", "x", [], {}]:
    for op, key in [("finish", "drop_memfds"), ("lease", "summoned")]:
        refused(op, ask({"op": op, key: value}))
for value in [True, "0", "x", [], {}, 1.5]:
    refused("from", ask({"op": "info", "from": value}), "wrong 'from'")
for value in [-1, 1 << 62, 1 << 70, -(1 << 70), 1]:
    assert ask({"op": "info", "from": value})["ok"]
for op in ["Info", "info ", "cancel\n", "hold", "borrow", "exit", "\ud800", "%s%n"]:
    refused(op, ask({"op": op}))
for op in ["lease", "adopt", "dismiss", "retrieve"]:
    refused(op, ask({"op": op}))

# Descriptors that nobody asked for, and too many
with open("/dev/null") as null:
    for count in [1, 2, 3, 4, 5, 100, 253]:
        for request in [{"op": "adopt"}, {"op": "retrieve"}, {"op": "nonsense"}, {"op": "lease"}]:
            refused(request["op"], ask(request, [null.fileno()] * count))
        refused("garbage", tell(b"x", [null.fileno()] * count))
        ask({"op": "info"}, [null.fileno()] * count)
        refused("beside info", None)
    # A session that is not one, and the keeper's own connection
    with connect() as own:
        refused("adopt", ask({"op": "adopt"}, [own.fileno(), null.fileno()]), "holds this session already")

# Clients that say nothing, say it half, do not listen, or leave at once
with connect() as silent, connect() as half, connect() as deaf:
    half.send(b"{")
    deaf.send(b'{"op":"info"}')
    for _ in range(50):
        is_alive()
    answer = receive(half)
    assert "cannot read the request" in answer["error"]["message"], answer
for _ in range(200):
    connect().close()
for _ in range(200):
    with connect() as gone:
        gone.send(b'{"op":"info"}')
is_alive()
ended = []
threads = []
for _ in range(200):
    def start():
        silent_client(connect())
    threads.append(threading.Thread(target=start))
    threads[-1].start()
is_alive()
for thread in threads:
    thread.join()
assert len(ended) == 200
is_alive()
settled("all of it")
print("nothing of that was taken, and nothing is left of it")
