from django.urls import path

from portal.privacy import views

app_name = "privacy"
urlpatterns = [
    path("", views.own, name="own"),
    path("export/", views.ask_own, name="ask_own"),
    path("erase/", views.erase, name="erase"),
    path("keep/", views.keep, name="keep"),
    path("companies/<uuid:partner_id>/", views.company, name="company"),
    path("companies/<uuid:partner_id>/export/", views.ask_company, name="ask_company"),
    path("exports/<uuid:export_id>/", views.export, name="export"),
    path("exports/<uuid:export_id>/file/", views.take, name="take"),
]
