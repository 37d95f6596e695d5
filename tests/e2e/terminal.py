"""A real pseudo-terminal with the program in it, driven as a person would."""

import contextlib
import re
import signal

from tests.helpers import need_posix


class Screen:
    def __init__(self, child):
        self._child = child
        self.text = ""

    def _note(self):
        after = self._child.after if isinstance(self._child.after, str) else ""
        self.text += (self._child.before or "") + after

    def expect(self, text):
        self._child.expect_exact(text)
        self._note()

    def answer(self, question, answer, *, exactly=True):
        if exactly:
            self._child.expect_exact(question)
        else:
            self._child.expect(re.escape(question) + r"[^\n]*: ")
        self._note()
        self._child.sendline(answer)

    def interrupt(self, question):
        self.expect(question)
        self._child.sendintr()

    def close_terminal(self):
        """Hang up, as a window that is closed does."""
        self._child.ptyproc.fileobj.close()

    @property
    def pid(self):
        return self._child.pid

    @property
    def signal(self):
        """The signal that ended the program, if one did."""
        return self._child.signalstatus

    def end(self):
        import pexpect

        if not self._child.ptyproc.fileobj.closed:
            self._child.expect(pexpect.EOF)
            self._note()
        self._child.wait()
        return self._child.exitstatus


@contextlib.contextmanager
def terminal(user, *argv, **environment):
    need_posix("it has no pseudo-terminals")
    import pexpect

    child = pexpect.spawn(
        argv[0],
        list(argv[1:]),
        env={**user.environment, "TERM": "xterm", **environment},
        cwd=str(user.folder),
        encoding="utf-8",
        timeout=30,
        dimensions=(24, 200),
        # Whoever started the tests may ignore it (nohup), and what is ignored is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    # A person does not type before the prompt is there; the echo is switched off just before it.
    child.delaybeforesend = 0.02
    try:
        yield Screen(child)
    finally:
        child.close(force=True)
