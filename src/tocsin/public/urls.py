"""Every page that is open to anybody."""

from django.urls import URLPattern, URLResolver, path

from tocsin.public import verify

urlpatterns: list[URLPattern | URLResolver] = [path("", verify.verify, name="verify")]
