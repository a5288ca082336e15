"""The words of Tocsin: gathered from where they stand, and kept in one catalogue for each language.

    python -m words            gather, bring every catalogue up to date, compile, say how much is translated
    python -m words --check    the same without writing; exit 1 where a catalogue is out of date
    python -m words --missing el > el.json; python -m words --take el el.json     what a translator does

GNU gettext is not needed: Babel reads Python, Django turns its templates into something Babel reads, and what is data
(the law's titles and labels, the sentences of errors and faults) is taken from the loaded data themselves.
"""
