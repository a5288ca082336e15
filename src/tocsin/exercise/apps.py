from django.apps import AppConfig


class ExerciseConfig(AppConfig):
    name = "tocsin.exercise"
    label = "exercise"
