"""What rotations work with, out of the App."""

from __future__ import annotations

from contextlib import nullcontext

from awscreds.workflows.rotation.context import RotationContext
from awscreds.workflows.rotation.traffic import Traffic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App


def rotation_context(app: App) -> RotationContext:
    """What the rotations of one command work with, one after the other."""
    return RotationContext(
        state_dir=app.state_dir,
        files=app.files,
        profiles=app.profiles,
        environ=app.environ,
        state=app.state,
        stores=app.stores,
        pointers=app.pointers,
        sessions=app.sessions,
        lock=nullcontext(),
        clock=app.clock,
        sleep=app.sleep,
        traffic=Traffic(tell=app.say),
        step=app.step,
        process_line=app.process_line,
        note_identity=app.key_facts.note,
        session_deps=app.provider.session_deps,
        may_ask=app.dialogue.may_ask,
        note=app.note,
        warn=app.warn,
    )
