"""Commands without the start of Python: a process that has everything imported forks one for each.

The pages of the documentation run a hundred commands, whose imports take longer than what they do. What a start looks
like is tested elsewhere, with processes of their own.

    python tests/started.py serve SOCKET      is ready when it prints `ready`
    python tests/started.py SOCKET ARGUMENT…  runs `segdsl ARGUMENT…` there, with this folder, environment and streams
"""

import array
import json
import os
import socket
import sys

STREAMS = 3


def run(path: str, arguments: list[str]) -> int:
    """Asks for a command; its exit code."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.connect(path)
        asked = json.dumps([arguments, os.getcwd(), dict(os.environ)]).encode()
        socket.send_fds(server, [len(asked).to_bytes(4, "big")], list(range(STREAMS)))
        server.sendall(asked)
        return int.from_bytes(server.recv(1) or b"\xff", "big")


def serve(path: str) -> None:
    """Forks for whoever asks, until standard input ends with the process that started this one."""
    import gc
    import importlib
    import pkgutil
    import select
    import signal
    from contextlib import suppress

    import segdsl

    # imported here, not in each fork; what an extra would bring is not needed
    for module in pkgutil.walk_packages(segdsl.__path__, "segdsl."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):
                importlib.import_module(module.name)
    for name in ("duckdb", "pyarrow", "sqlglot.dialects.duckdb", "sqlglot.optimizer"):
        importlib.import_module(name)
    gc.freeze()

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()
        print("ready", flush=True)
        while True:
            found, _, _ = select.select([server, sys.stdin], [], [])
            if sys.stdin in found:
                return
            client, _ = server.accept()
            with client:
                if os.fork() == 0:
                    server.close()
                    client.sendall(bytes([_command(client)]))
                    os._exit(0)


def _command(client: socket.socket) -> int:
    """Runs the command that a client asks for, in this process."""
    import signal
    import time

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, ancillary, _, _ = client.recvmsg(4, socket.CMSG_SPACE(STREAMS * array.array("i").itemsize))
    streams = array.array("i")
    for _, _, data in ancillary:
        streams.frombytes(data)
    asked = b""
    while len(asked) < int.from_bytes(size, "big"):
        asked += client.recv(1 << 16)
    arguments, folder, environment = json.loads(asked)
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["segdsl", *arguments]
    from segdsl.cli import main

    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(run(sys.argv[1], sys.argv[2:]))
