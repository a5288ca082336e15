"""What ``tocsin …`` runs beside the commands about the node itself (``node/commands.py``).

A command finds a node running in its process: the database, the keys, Django set up.
"""

import typer

app = typer.Typer(no_args_is_help=True)
