"""What can go wrong while something is being checked."""


class AlteredError(Exception):
    """Something is not what was signed, hashed or logged.

    ``thing`` names what is accused, in words ("letter 3 of ro"); ``rule`` says what it breaks.
    """

    def __init__(self, thing: str, rule: str) -> None:
        self.thing = thing
        self.rule = rule
        super().__init__(f"{thing}: {rule}")


class UnreadableError(Exception):
    """What was given cannot be read as what it should be, so nothing can be said about alteration."""


class CanonicalError(ValueError):
    """A value has no canonical form, or bytes are not strict JSON."""
