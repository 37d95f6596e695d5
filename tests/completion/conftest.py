import contextlib

import pytest

from tests.completion.shells import SHELLS, Typist


@pytest.fixture(params=SHELLS)
def shell(request):
    return request.param


@pytest.fixture
def folder(tmp_path):
    """Where the person is: whatever code in a name did would be seen here."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


@pytest.fixture
def typist(home, folder):
    """Starts a shell with a person at it."""
    with contextlib.ExitStack() as stack:

        def start(shell, **options):
            person = Typist(shell, options.pop("home", home), folder, **options)
            stack.callback(person.close)
            return person

        yield start
