"""Dossiers: local case files that group requests, drafts, evidence and notes, and who is let into them (need-to-know).

Here stand the dossier, its members, its notes and the looks; what lies in it says so itself (a request names its
dossier). ``viewing.py`` puts on row security for whoever looks.
"""
