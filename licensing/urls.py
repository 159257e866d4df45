from django.urls import path

from licensing.views import public

app_name = "licensing"

urlpatterns = [
    path("calendar/", public.calendar, name="calendar"),
    path("compare/", public.compare, name="compare"),
    path("advice/", public.advice, name="advice"),
    path("transfer/", public.transfer_guide, name="transfer"),
]
