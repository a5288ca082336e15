"""Foreign keys point down the picture: they are strings, so the import contracts do not see them."""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation  # noqa: TID251 (to find none)
from django.db.models import ForeignKey, ManyToManyField, OneToOneField

from tests.architecture.source import layers


def keys() -> Iterator[tuple[str, str, str]]:
    """Each key of ours as (package of its model, package it points to, its name)."""
    for model in apps.get_models():
        if not model.__module__.startswith("tocsin."):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | ManyToManyField | OneToOneField):
                yield model._meta.app_label, field.related_model._meta.app_label, f"{model._meta.label}.{field.name}"


def test_there_are_keys_to_look_at() -> None:
    assert len(list(keys())) > 3


def test_a_key_points_to_its_own_package_or_to_one_below() -> None:
    place = layers()
    up = [name for own, other, name in keys() if own != other and not place[other] < place[own]]
    assert up == []


def test_no_key_is_generic() -> None:
    generic = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("tocsin.")
        for field in model._meta.get_fields()
        if isinstance(field, GenericForeignKey | GenericRelation)
    ]
    assert generic == []


def test_every_package_with_rows_is_in_the_picture() -> None:
    ours = {name.removeprefix("tocsin.") for name in settings.INSTALLED_APPS if name.startswith("tocsin.")}
    assert ours <= set(layers())
