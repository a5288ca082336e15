from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "tocsin.mail"
    label = "mail"
