"""Environments that are against a program: each is made in the process that awscreds is to be.

A function of ``NAMED`` is called in the forked process, right before awscreds; variables are set
instead, None to remove one.
"""

import errno
import fcntl
import os
import pwd
import resource
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path


def refuse(module, name, number):
    """Let the function fail as the system call does."""

    def refused(*_arguments, **_named):
        raise OSError(number, os.strerror(number))

    setattr(module, name, refused)


# -- streams ---------------------------------------------------------------------------------------


def closed(*numbers):
    for number in numbers:
        os.close(number)
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)


def opened(number, path, flags):
    fd = os.open(path, flags)
    os.dup2(fd, number)
    os.close(fd)


def nobody_reads(number):
    read, write = os.pipe()
    os.close(read)
    os.dup2(write, number)
    os.close(write)


def reset_socket(number):
    ours, theirs = socket.socketpair()
    theirs.close()
    os.dup2(ours.fileno(), number)
    ours.close()


# -- limits ----------------------------------------------------------------------------------------


def limit(name, value):
    number = getattr(resource, f"RLIMIT_{name}")
    resource.setrlimit(number, (value, resource.getrlimit(number)[1]))


def little_memory(more):
    """So many bytes more than this process has already."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit("AS", pages * resource.getpagesize() + more)


def no_processes():
    """As RLIMIT_NPROC has it, which root is above."""
    import _posixsubprocess
    import _thread
    import subprocess
    import threading

    for module in (_posixsubprocess, subprocess):
        name = "fork_exec" if module is _posixsubprocess else "_fork_exec"
        refuse(module, name, errno.EAGAIN)
    refuse(os, "fork", errno.EAGAIN)
    refuse(os, "posix_spawn", errno.EAGAIN)

    def no_thread(*_, **__):
        raise RuntimeError("can't start new thread")

    _thread.start_new_thread = threading._start_new_thread = no_thread


# -- file systems ----------------------------------------------------------------------------------


def no_locks(number):
    for name in ("flock", "lockf"):
        refuse(fcntl, name, number)


def no_leases(number):
    real = fcntl.fcntl

    def refused(fd, command, *rest):
        if command == fcntl.F_SETLEASE:
            raise OSError(number, os.strerror(number))
        return real(fd, command, *rest)

    fcntl.fcntl = refused


def read_only():
    """The home."""
    home = os.environ["HOME"].encode()
    mount_for_us(home, home)


def mount_for_us(own, only_read):
    """Make the folder ``own`` a mount, and that of ``only_read`` read-only, for this process."""
    from tests.e2e.rotation_zygote import CLONE_NEWNS, MS_PRIVATE, MS_REC, system

    bind, remount, read_only = 4096, 32, 1
    system("unshare", CLONE_NEWNS)
    system("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    system("mount", own, own, None, bind, None)
    system("mount", only_read, only_read, None, bind | remount | read_only, None)


def full_disk():
    """No byte more goes into any file."""
    real = os.write

    def write(fd, data):
        if os.path.isfile(f"/proc/self/fd/{fd}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(fd, data)

    os.write = write
    limit("FSIZE", 0)


def no_home_of_the_user():
    """HOME is unset, and the user is in no list of users, as in many a container."""

    def nobody(_number):
        raise KeyError("getpwuid(): uid not found")

    pwd.getpwuid = nobody
    del os.environ["HOME"]


def home_of_the_user():
    """HOME is unset; the list of users has one, which is this."""
    entry = list(pwd.getpwuid(os.getuid()))
    entry[5] = os.environ.pop("HOME")
    pwd.getpwuid = lambda _number: pwd.struct_passwd(entry)


def empty_home():
    """Its files would be in the root folder: nobody can write there, not even root."""
    if os.getuid() == 0:
        mount_for_us(os.getcwdb(), b"/")
    os.environ["HOME"] = ""


def no_temporary_folder():
    tempfile._candidate_tempdir_list = lambda: ["/nonexistent"]
    os.environ["TMPDIR"] = "/nonexistent"


def folder_deleted():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)


# -- signals and time ------------------------------------------------------------------------------


def signalled(number, seconds):
    """The signal comes after so many seconds, wherever awscreds is then."""
    ours = os.getpid()
    if os.fork() == 0:
        for fd in range(3):
            os.close(fd)
        time.sleep(seconds)
        if os.getppid() == ours:  # it has not ended, and its number given to another
            os.kill(ours, number)
        os._exit(0)


def clock(seconds, *, relative=False):
    """It is so many seconds after 1970, or later than it is."""
    real, start = time.time, 0 if relative else time.time()

    def now():
        return real() - start + seconds

    from awscreds.app import App

    App.__init__.__kwdefaults__["clock"] = time.time = now


HUGE = {f"VARIABLE_{number}": "x" * 100 for number in range(5000)}
DAY = 86400

NAMED = {
    "HOME unset": home_of_the_user,
    "HOME unset, and no such user": no_home_of_the_user,
    "HOME empty": empty_home,
    "HOME does not exist": {"HOME": "/proc/nonexistent/home"},
    "HOME is a file": {"HOME": os.path.abspath(__file__)},
    "HOME is a device": {"HOME": "/dev/null"},
    "HOME is relative": {"HOME": "here"},
    "a read-only home": read_only,
    "a full disk": full_disk,
    "no file may grow": lambda: limit("FSIZE", 0),
    "no file beyond 100 bytes": lambda: limit("FSIZE", 100),
    "in 1970": lambda: clock(5),
    "in 2038": lambda: clock(2**31 + 5),
    "in the year 9999": lambda: clock(253402300000),
    "after the year 9999": lambda: clock(2**40),
    "before 1970": lambda: clock(-1e9),
    "a day ago": lambda: clock(-DAY, relative=True),
    "stdin closed": lambda: closed(0),
    "stdout closed": lambda: closed(1),
    "stderr closed": lambda: closed(2),
    "all streams closed": lambda: closed(0, 1, 2),
    "stdout full": lambda: opened(1, "/dev/full", os.O_WRONLY),
    "stderr full": lambda: opened(2, "/dev/full", os.O_WRONLY),
    "nobody reads stdout": lambda: nobody_reads(1),
    "nobody reads stderr": lambda: nobody_reads(2),
    "stdout is a socket that is gone": lambda: reset_socket(1),
    "stdin is a folder": lambda: opened(0, "/", os.O_RDONLY),
    "stdin never ends": lambda: opened(0, "/dev/zero", os.O_RDONLY),
    "stdin is random": lambda: opened(0, "/dev/urandom", os.O_RDONLY),
    "stdin can only be written": lambda: opened(0, "/dev/null", os.O_WRONLY),
    "stdout can only be read": lambda: opened(1, "/dev/null", os.O_RDONLY),
    "four open files": lambda: limit("NOFILE", 4),
    "seven open files": lambda: limit("NOFILE", 7),
    "ten open files": lambda: limit("NOFILE", 10),
    "no processes or threads": no_processes,
    "one MiB of memory": lambda: little_memory(1 << 20),
    "30 MiB of memory": lambda: little_memory(30 << 20),
    "33 MiB of memory": lambda: little_memory(33 << 20),
    "umask 000": lambda: os.umask(0),
    "umask 777": lambda: os.umask(0o777),
    "no locks: ENOLCK": lambda: no_locks(errno.ENOLCK),
    "no locks: ENOSYS": lambda: no_locks(errno.ENOSYS),
    "no locks: EOPNOTSUPP": lambda: no_locks(errno.EOPNOTSUPP),
    "no leases": lambda: no_leases(errno.EINVAL),
    "no fsync: EINVAL": lambda: refuse(os, "fsync", errno.EINVAL),
    "no fsync: ENOSYS": lambda: refuse(os, "fsync", errno.ENOSYS),
    "fsync fails": lambda: refuse(os, "fsync", errno.EIO),
    "no rename": lambda: refuse(os, "replace", errno.EXDEV),
    "no extended attributes": lambda: refuse(os, "getxattr", errno.EOPNOTSUPP),
    "no change of modes": lambda: refuse(os, "fchmod", errno.EPERM),
    "no temporary folder": no_temporary_folder,
    "TMPDIR is a file": {"TMPDIR": os.path.abspath(__file__)},
    "the working directory is gone": folder_deleted,
    "HUP at once": lambda: signalled(signal.SIGHUP, 0.02),
    "TERM soon": lambda: signalled(signal.SIGTERM, 0.1),
    "INT at once": lambda: signalled(signal.SIGINT, 0.02),
    "INT soon": lambda: signalled(signal.SIGINT, 0.1),
    "PIPE soon": lambda: signalled(signal.SIGPIPE, 0.05),
    "QUIT soon": lambda: signalled(signal.SIGQUIT, 0.1),
    "ends of children are ignored": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
    "signals are blocked": lambda: signal.pthread_sigmask(
        signal.SIG_BLOCK, signal.valid_signals() - {signal.SIGALRM}
    ),
    "TERM unset": {"TERM": None},
    "TERM dumb": {"TERM": "dumb"},
    "TERM unknown": {"TERM": "no-such-terminal"},
    "no width": {"COLUMNS": "0", "LINES": "0"},
    "a negative width": {"COLUMNS": "-5"},
    "a width of words": {"COLUMNS": "wide", "LINES": "many"},
    "a width of one": {"COLUMNS": "1"},
    "a huge width": {"COLUMNS": "9" * 30},
    "5,000 variables": HUGE,
    "a huge variable": {"VARIABLE": "x" * 100_000},
    "variables that are not text": {"AWS_REGION": "\udcff", "VARIABLE\udcfe": "\udcff"},
    "no PATH": {"PATH": None},
    "an empty PATH": {"PATH": ""},
    "a PATH of nothing": {"PATH": "/nonexistent:/dev/null::"},
    "an unknown time zone": {"TZ": "Nowhere/City"},
    "a time zone that is a file": {"TZ": ":/dev/null"},
    "no shell": {"SHELL": "/nonexistent"},
    "AWS_CONFIG_FILE is a folder": {"AWS_CONFIG_FILE": "/"},
    "AWS_CONFIG_FILE is /dev/null": {"AWS_CONFIG_FILE": "/dev/null"},
    "AWS_CONFIG_FILE never ends": {"AWS_CONFIG_FILE": "/dev/zero"},
    "AWS_CONFIG_FILE is empty": {"AWS_CONFIG_FILE": ""},
    "AWS_CONFIG_FILE is too long": {"AWS_CONFIG_FILE": "/x" * 3000},
    "AWS_CONFIG_FILE below a file": {"AWS_CONFIG_FILE": "/dev/null/config"},
    "AWS_SHARED_CREDENTIALS_FILE is a folder": {"AWS_SHARED_CREDENTIALS_FILE": "/"},
    "AWS_SHARED_CREDENTIALS_FILE never ends": {"AWS_SHARED_CREDENTIALS_FILE": "/dev/zero"},
    "AWSCREDS_HOME is a file": {"AWSCREDS_HOME": os.path.abspath(__file__)},
    "AWSCREDS_HOME is a device": {"AWSCREDS_HOME": "/dev/null"},
    "AWSCREDS_HOME is the root": {"AWSCREDS_HOME": "/"},
    "AWSCREDS_HOME below a device": {"AWSCREDS_HOME": "/proc/nothing"},
    "AWSCREDS_HOME is relative": {"AWSCREDS_HOME": "here"},
    "AWSCREDS_HOME is too long": {"AWSCREDS_HOME": "/" + "x" * 300},
    "a passphrase file without end": {
        "AWSCREDS_PASSPHRASE": None,
        "AWSCREDS_PASSPHRASE_FILE": "/dev/zero",
    },
    "a passphrase file that is a folder": {
        "AWSCREDS_PASSPHRASE": None,
        "AWSCREDS_PASSPHRASE_FILE": "/",
    },
    "a passphrase that is not text": {"AWSCREDS_PASSPHRASE": "\udcff"},
    "an unknown backend": {"AWSCREDS_BACKEND": "paper"},
    "a bus that is none": {"AWSCREDS_BACKEND": None, "DBUS_SESSION_BUS_ADDRESS": "nonsense"},
    "a bundle that is none": {"AWS_CA_BUNDLE": "/dev/null"},
    "a proxy that is none": {"HTTP_PROXY": "::::", "HTTPS_PROXY": "no proxy"},
    "an endpoint that is none": {"AWS_ENDPOINT_URL": "::::"},
    "an endpoint of nothing": {"AWS_ENDPOINT_URL": ""},
    "settings of AWS that are none": {
        "AWS_MAX_ATTEMPTS": "often",
        "AWS_RETRY_MODE": "never",
        "AWS_STS_REGIONAL_ENDPOINTS": "nowhere",
        "AWS_USE_FIPS_ENDPOINT": "perhaps",
        "AWS_DEFAULTS_MODE": "odd",
        "AWS_DATA_PATH": "/dev/null",
    },
    "no attempts": {"AWS_MAX_ATTEMPTS": "0"},
    "a region that is none": {"AWS_REGION": "..", "AWS_DEFAULT_REGION": "a b"},
}
"""Each environment: a function, or the variables."""

AT_START = {
    "no locale": {"LC_ALL": "C", "LANG": None},
    "POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "an unknown locale": {"LC_ALL": "xx_XX.nothing", "LANG": "\udcff"},
    "ASCII": {"PYTHONIOENCODING": "ascii:strict"},
    "UTF-16": {"PYTHONIOENCODING": "utf-16"},
    "EBCDIC": {"PYTHONIOENCODING": "cp037:strict"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "without assertions": {"PYTHONOPTIMIZE": "2"},
    "unbuffered": {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    "development": {"PYTHONDEVMODE": "1"},
}
"""Variables that Python itself heeds when it starts."""


def enter(name):
    """Have this process, which awscreds is to become, in the environment."""
    made = NAMED[name]
    if callable(made):
        made()
