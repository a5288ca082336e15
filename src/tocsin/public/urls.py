"""Every page that is open to anybody."""

from django.urls import URLPattern, URLResolver, path

from tocsin.public import filing, order, verify

urlpatterns: list[URLPattern | URLResolver] = [
    path("", verify.verify, name="verify"),
    path("order/", order.order, name="order"),
    path("file/<str:token>/", filing.filing, name="filing"),
]
