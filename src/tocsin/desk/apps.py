from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "tocsin.desk"
    label = "desk"
