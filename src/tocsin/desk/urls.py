"""Every page of the desk: one list for each module, in the order of the rail."""

from django.urls import URLPattern, URLResolver, path

from tocsin.desk import appearance

APPEARANCE = [path("scheme/", appearance.scheme, name="scheme")]

urlpatterns: list[URLPattern | URLResolver] = [*APPEARANCE]
