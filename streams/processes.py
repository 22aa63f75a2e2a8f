"""Child processes that end with their parent, however that ends."""

import os
import sys

# It survives exec: when the parent's thread that started the child ends, the kernel kills the child.
_END_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


def ending_with_parent(command: list[str]) -> list[str]:
    """Return a command line that runs `command` and ends with this process. Linux only.

    Parameters
    ----------
    command : list of str
        Absolute path of the program, then its arguments.
    """
    return [sys.executable, "-ISc", _END_WITH_PARENT, str(os.getpid()), *command]
