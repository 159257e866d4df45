from django.urls import path

from portal.notices import views

app_name = "notices"
urlpatterns = [
    path("help/notifications/", views.catalogue, name="catalogue"),
    path("help/notifications/off/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("account/notifications/", views.choices, name="preferences"),
]
