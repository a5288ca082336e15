from django.apps import AppConfig


class BellsConfig(AppConfig):
    name = "tocsin.bells"
    label = "bells"
