"""The process that others are forked from: it ends with whoever asks, whatever was on the way."""

import os
import socket
from pathlib import Path

from tocsin.node.demo import forked


def test_a_wish_that_was_cut_off_is_nobodys_and_is_not_waited_for() -> None:
    theirs, ours = socket.socketpair()
    with theirs, ours, Path(os.devnull).open("rb") as nothing:
        theirs.settimeout(10)
        socket.send_fds(ours, [(100).to_bytes(4, "big")], [nothing.fileno()])
        ours.sendall(b'{"call":')
        ours.close()
        assert forked._asked(theirs) is None


def test_a_wish_that_came_in_parts_is_whole() -> None:
    theirs, ours = socket.socketpair()
    with theirs, ours, Path(os.devnull).open("rb") as nothing:
        theirs.settimeout(10)
        socket.send_fds(ours, [(7).to_bytes(4, "big")], [nothing.fileno()])
        ours.sendall(b'{"a')
        ours.sendall(b'":1}')
        asked = forked._asked(theirs)
        assert asked is not None
        wish, files = asked
        assert wish == {"a": 1}
        for file in files:
            os.close(file)
