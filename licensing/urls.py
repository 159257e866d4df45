from django.urls import path

from licensing.views import estate, estate_files, exports, library, public

app_name = "licensing"

urlpatterns = [
    path("", public.index, name="index"),
    path("calendar/", public.calendar, name="calendar"),
    path("compare/", public.compare, name="compare"),
    path("advice/", public.advice, name="advice"),
    path("transfer/", public.transfer_guide, name="transfer"),
    path("sources/", public.sources, name="sources"),
    path("library/", library.library, name="library"),
    path("library/<int:pk>/", library.take, name="take"),
    path("feed/<str:token>.ics", exports.feed, name="feed"),
    path("<uuid:partner_id>/", estate.overview, name="estate"),
    path("<uuid:partner_id>/files/<uuid:pk>/", estate.file, name="file"),
    path("<uuid:partner_id>/files/<uuid:pk>/rejected.csv", estate.rejected, name="rejected"),
    path("<uuid:partner_id>/files/<uuid:pk>/accept/", estate_files.accept, name="accept"),
    path("<uuid:partner_id>/files/<uuid:pk>/columns/", estate_files.columns, name="columns"),
    path("<uuid:partner_id>/files/<uuid:pk>/undo/", estate_files.undo, name="undo"),
    path("<uuid:partner_id>/customers/<uuid:pk>/", estate.customer, name="customer"),
    path("<uuid:partner_id>/files/<uuid:pk>/withdraw/", estate.withdraw, name="withdraw"),
    path("<uuid:partner_id>/customers/<uuid:pk>/steps/", estate.tick, name="tick"),
    path("<uuid:partner_id>/customers/<uuid:pk>/remove/", estate.remove_customer, name="remove_customer"),
    path("<uuid:partner_id>/customers/<uuid:pk>/lines/<int:line_pk>/order/", estate.order, name="order"),
    path("<uuid:partner_id>/customers/<uuid:pk>/lines/<int:line_pk>/remove/", estate.remove_line, name="remove_line"),
    path("<uuid:partner_id>/customers/<uuid:pk>/plan.csv", exports.plan_csv, name="customer_csv"),
    path("<uuid:partner_id>/customers/<uuid:pk>/plan.xlsx", exports.plan_xlsx, name="customer_xlsx"),
    path("<uuid:partner_id>/customers/<uuid:pk>/plan.ics", exports.plan_ics, name="customer_ics"),
    path("<uuid:partner_id>/customers/<uuid:pk>/plan.pdf", exports.plan_pdf, name="customer_pdf"),
    path("<uuid:partner_id>/customers/<uuid:pk>/plan.eml", exports.plan_mail, name="customer_mail"),
    path("<uuid:partner_id>/customers/<uuid:pk>/exports/", exports.plan_ask, name="customer_ask"),
    path("<uuid:partner_id>/exports/", exports.plan_ask, name="plan_ask"),
    path("<uuid:partner_id>/exports/<uuid:pk>/", exports.plan_file, name="plan_file"),
    path("<uuid:partner_id>/exports/<uuid:pk>/download/", exports.plan_take, name="plan_take"),
    path("<uuid:partner_id>/plan.csv", exports.plan_csv, name="plan_csv"),
    path("<uuid:partner_id>/plan.xlsx", exports.plan_xlsx, name="plan_xlsx"),
    path("<uuid:partner_id>/plan.ics", exports.plan_ics, name="plan_ics"),
    path("<uuid:partner_id>/feed/", exports.feed_open, name="feed_open"),
]
