"""The addresses of the sign-in with Microsoft. django-allauth puts them below ``accounts/``."""

from django.urls import include, path

from portal.entra import views

_pages = (
    [
        path("", views.leads_to_microsoft(views.accounts), name="accounts"),
        path("first/", views.first, name="first"),
        path("code/", views.code, name="code"),
        path("again/", views.leads_to_microsoft(views.again), name="again"),
        path("<slug:key>/", views.start, name="start"),
        path("<slug:key>/callback/", views.callback, name="callback"),
        path("<slug:key>/signed-out/", views.signed_out, name="signed_out"),
    ],
    "entra",
)
urlpatterns = [path("microsoft/", include(_pages))]
