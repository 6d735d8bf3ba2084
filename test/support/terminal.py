"""terminal.py COLUMNS ROWS COMMAND...: runs a command in a terminal of its own. What comes to stdin are its keys, and a line that begins with a
NUL byte and holds two numbers is another size; what it shows goes to stdout, its process id first, in a line."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    columns, rows = int(sys.argv[1]), int(sys.argv[2])
    pid, terminal = pty.fork()
    if pid == 0:
        # its size is there before it looks
        resize(0, columns, rows)
        os.execvp(sys.argv[3], sys.argv[3:])
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
    os.write(1, f"{pid}\n".encode())
    keys = True
    while True:
        ready, _, _ = select.select([terminal] + ([0] if keys else []), [], [])
        if terminal in ready:
            try:
                shown = os.read(terminal, 65536)
            except OSError:
                shown = b""
            if not shown:
                break
            os.write(1, shown)
        if 0 in ready:
            typed = os.read(0, 65536)
            if not typed:
                keys = False
            for part, columns, rows in re.findall(rb"([^\0]+)|\0(\d+) (\d+)\n", typed):
                if part:
                    os.write(terminal, part)
                else:
                    resize(terminal, int(columns), int(rows))
    _, status = os.waitpid(pid, 0)
    sys.exit(os.waitstatus_to_exitcode(status) % 256)


main()
