"""A child that ends with its parent, however the parent ends."""

import os
import threading


def end_with_parent() -> None:
    """End this process at once when the parent is gone, `kill -9` included.

    The parent gives the child a pipe as standard input and never writes to it: the read below returns only when
    the last write end is closed, which the kernel does for a parent that dies in any way. Linux' parent-death signal
    would also do, but it is bound to the parent's *thread* that started the child, and ours starts it from a worker
    thread. Nothing has to be saved here (Rasa's trackers live in memory), so the exit is immediate.

    Does nothing when standard input is not a pipe, so the modules stay usable by hand from a terminal.
    """
    if not _is_pipe(0):
        return
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _is_pipe(descriptor: int) -> bool:
    import stat

    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _wait_for_end() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)
