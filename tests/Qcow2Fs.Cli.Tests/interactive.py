"""Types a line and a tab into an interactive shell and prints the arguments of the line that the shell completes it to.

Usage: interactive.py SHELL COMPLETIONS LINE
"""
import os
import pty
import re
import select
import sys
import time

shell, completions, line = sys.argv[1:]
programs = {'bash': ['bash', '--norc', '--noprofile', '-i'], 'zsh': ['zsh', '-f', '-i'], 'fish': ['fish', '--no-config', '-i']}
setups = {
    'bash': f'. {completions}/qcow2fs.bash',
    'zsh': f'fpath=({completions} $fpath); autoload -U compinit; compinit -u -D',
    'fish': f'source {completions}/qcow2fs.fish',
}
# The markers are in two parts, so that the terminal's echo of this line has none.
show = "printf 'BE''GIN'; printf '<%s>' {}; printf 'E''ND\\n'"
show = f'function show; {show.format("$argv")}; end' if shell == 'fish' else f'show() {{ {show.format(chr(34) + "$@" + chr(34))}; }}'

child, terminal = pty.fork()
if child == 0:
    os.environ['TERM'] = 'dumb'
    os.execvp(shell, programs[shell])


def next_shown():
    seen, limit = b'', time.time() + 60
    while time.time() < limit:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
        shown = re.search(rb'BEGIN(.*?)END', seen, re.S)
        if shown:
            return shown[1].decode()
    sys.exit(f'no answer: {seen!r}')


os.write(terminal, f'{setups[shell]}\n{show}\nshow ready\n'.encode())
next_shown()
# Ctrl-A goes to the start of the line: what it is completed to becomes the arguments of show.
os.write(terminal, line.encode() + b'\t\x01show \n')
print(next_shown())
