"""Every path of the desk's door."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("tocsin.desk.urls"))]
