"""Objects from the start of a session cost no more garbage collection. Afterwards everything is as before."""

from __future__ import annotations

import gc

from voicecli.app.interpreter_tuning import short_collections


class Old:
    """Any object."""


def test_what_is_there_already_is_not_looked_through_while_a_session_runs() -> None:
    old = Old()
    with short_collections():
        young = Old()
        looked_through = {id(each) for each in gc.get_objects()}
        assert id(old) not in looked_through
        assert id(young) in looked_through
    assert id(old) in {id(each) for each in gc.get_objects()}
    assert gc.get_freeze_count() == 0
