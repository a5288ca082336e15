"""What ``tocsin …`` runs beside the commands about the node itself (``node/commands.py``).

A command finds a node running in its process: the database, the keys, Django set up.
"""

import typer

from tocsin.commands import (
    directory,
    dossier,
    evidence,
    exercise,
    journal,
    law,
    mail,
    people,
    request,
    retention,
    warning,
    wire,
)

app = typer.Typer(no_args_is_help=True)
app.add_typer(directory.app, name="directory")
app.add_typer(dossier.app, name="dossier")
app.add_typer(evidence.app, name="evidence")
app.add_typer(exercise.app, name="exercise")
app.add_typer(journal.app, name="journal")
app.add_typer(law.app, name="law")
app.add_typer(mail.app, name="mail")
app.add_typer(people.app, name="people")
app.add_typer(request.app, name="request")
app.add_typer(retention.app, name="retention")
app.add_typer(warning.app, name="warning")
app.add_typer(wire.app, name="wire")
