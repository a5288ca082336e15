"""Compiles the catalogues of words while the package is built or installed, so that no compiled file is kept."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileWords(BuildHookInterface[Any]):
    """Beside each ``django.po`` its ``django.mo``, which Django reads."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile all; called by hatchling before it gathers files."""
        del version
        sys.path[:0] = [self.root, str(Path(self.root) / "src")]
        from words.catalogues import compile_all  # noqa: PLC0415 - found once its folder is

        made = [path.relative_to(Path(self.root)).as_posix() for path in compile_all()]
        build_data["artifacts"].extend(made)
