"""What runs again and again: each calls an act."""

from procrastinate.contrib.django import app

from tocsin.base import instant
from tocsin.base.this_node import this_node
from tocsin.exercise.acts.marks import reckon_marks
from tocsin.exercise.acts.play import play as play_moves
from tocsin.exercise.acts.wipe import carry_out_wipes

PLAY = "tocsin.exercise.play"


@app.task(name=PLAY, queueing_lock=PLAY)
def play(timestamp: int) -> None:
    """Play what is due, reckon the marks, carry out wipes; at a node that does real work, nothing."""
    del timestamp
    if this_node().exercise:
        carry_out_wipes(at=instant.now())
        play_moves(at=instant.now())
        reckon_marks(at=instant.now())
