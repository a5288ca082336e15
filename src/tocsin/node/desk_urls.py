"""Every path of the desk's door."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("tocsin.desk.urls"))]
handler404 = "tocsin.desk.refusals.not_found"
handler429 = "tocsin.desk.door.too_often"  # allauth asks for it
