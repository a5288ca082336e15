"""Who looks: the database knows for whom it answers, and row security shows nothing else (decision 0106).

``seen.py`` says for whom a request is answered; ``base.py`` is Django's own backend for PostgreSQL (the module has to
have that name), which tells every transaction so that begins meanwhile. The roles and functions of the database behind
it stand in the first migration of ``dossiers``.
"""
