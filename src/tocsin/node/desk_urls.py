"""Every path of the desk's door."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("tocsin.desk.urls"))]
handler429 = "tocsin.desk.door.too_often"  # allauth asks for it
