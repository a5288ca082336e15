"""``tocsin demo``: four real nodes on the loopback that play one story over real HTTP.

``town`` makes and runs the nodes, ``desk`` is a person at one of them, ``story`` is what they do. Nothing in the
product knows of it: kills come from here, to real processes; acts go through the API that everybody uses.
"""
