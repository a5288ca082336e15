"""Every page that is open to anybody."""

from django.urls import URLPattern, URLResolver, path

from tocsin.public import order, verify

urlpatterns: list[URLPattern | URLResolver] = [
    path("", verify.verify, name="verify"),
    path("order/", order.order, name="order"),
]
