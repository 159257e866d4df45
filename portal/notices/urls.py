from django.urls import path

from portal.notices import views

app_name = "notices"
urlpatterns = [
    path("help/notifications/", views.catalogue, name="catalogue"),
    path("account/notifications/", views.choices, name="preferences"),
]
