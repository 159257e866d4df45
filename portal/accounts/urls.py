from django.urls import path

from portal.accounts import views

app_name = "account"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("sessions/", views.own_sessions, name="sessions"),
    path("sessions/end-others/", views.end_other_sessions, name="end_other_sessions"),
    path("sessions/<int:number>/end/", views.end_session, name="end_session"),
    path("language/", views.language, name="language"),
]
