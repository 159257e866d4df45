from django.urls import path

from portal.accounts import views

app_name = "account"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("language/", views.language, name="language"),
]
