"""Exercises: a scenario, parties that answer by themselves, marks, and the wiping of all that an exercise made.

Everything here is for nodes that were made with ``--exercise`` and refused by every other. A played party is such a
node: while an exercise runs, its worker writes what the scenario says, by the same acts as people and over the same
wire, in the name of a person who is called *Played by the exercise*. Nothing of it can reach a real node: a letter says
that it is of an exercise, and real nodes refuse it (``wire.rules.open``), as exercise nodes refuse real ones.
"""
