from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "tocsin.forms"
    label = "forms"
