"""Makes ``tests/vectors/bundle`` anew: ``python -m tests.proof.make_bundle_vectors``.

The keys are made, used and forgotten, so each run makes other bundles. What stands there is kept, so
that a bundle of today is still read by the verifier of tomorrow: make new ones beside it instead.
"""

import io
from pathlib import Path

from tests.proof.bundles import Bundle, story
from tests.proof.test_product_formats import product_bundle
from tocsin.proof.__main__ import main as check

VECTORS = Path(__file__).parents[1] / "vectors" / "bundle"


def keep(name: str, bundle: Bundle) -> None:
    place = bundle.zipped(VECTORS / f"{name}.zip")
    root = VECTORS / f"{name}.1.root.json"
    root.write_bytes(bundle.files["directory/1.root.json"])
    said = io.StringIO()
    code = check([str(place), "--anchor", str(root)], out=said)
    (VECTORS / f"{name}.txt").write_text(said.getvalue())
    (VECTORS / f"{name}.code").write_text(f"{code}\n")


def main() -> None:
    VECTORS.mkdir(parents=True, exist_ok=True)
    keep("story", story().bundle)
    keep("product", product_bundle())
    altered = story().bundle
    letter = altered.files["letters/002.jws"]
    keep("altered", altered.changed("letters/002.jws", lambda _content: letter[:-20] + b"A" * 19 + b"g").reindexed())


if __name__ == "__main__":
    main()
