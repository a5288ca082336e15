from django.apps import AppConfig


class DossiersConfig(AppConfig):
    name = "tocsin.dossiers"
    label = "dossiers"
