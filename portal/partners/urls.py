from django.urls import path

from portal.partners import care_views, views

app_name = "partners"
urlpatterns = [
    path("new/", views.register, name="register"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("without-owner/", care_views.without_owner, name="without_owner"),
    path("without-owner/<uuid:partner_id>/", care_views.give_owner, name="give_owner"),
    path("<uuid:partner_id>/review/", care_views.review, name="review"),
    path("invitation/<str:token>/unknown/", care_views.unknown, name="unknown"),
    path("<uuid:partner_id>/", views.company, name="company"),
    path("<uuid:partner_id>/people/<int:membership_id>/role/", views.change_role, name="change_role"),
    path("<uuid:partner_id>/people/<int:membership_id>/remove/", views.remove, name="remove"),
    path("<uuid:partner_id>/leave/", views.leave, name="leave"),
    path("<uuid:partner_id>/hand-over/", views.offer_ownership, name="offer_ownership"),
    path("<uuid:partner_id>/hand-over/<int:offer_id>/", views.answer_hand_over, name="hand_over"),
    path("<uuid:partner_id>/invitations/<int:invitation_id>/withdraw/", views.withdraw, name="withdraw"),
]
