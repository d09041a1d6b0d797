"""Hands a command over to the server of ``forking.py`` and ends as it ends; imports next to nothing."""

import json
import os
import signal
import socket
import sys


def main() -> int:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(sys.argv[1])
        asked = {"arguments": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
        body = json.dumps(asked).encode()
        socket.send_fds(line, [b"%8d" % len(body)], [0, 1, 2])
        line.sendall(body)
        for stream in (0, 1):  # whoever reads what is written hears its end
            os.close(stream)
        answers = line.makefile("rb")
        child = int(answers.readline())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda given, _: os.kill(child, given))
        return int(answers.readline())


code = main()
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os.close(2)
os._exit(code)
