from django.apps import AppConfig


class DutyConfig(AppConfig):
    name = "tocsin.duty"
    label = "duty"
