from django.urls import path

from onboarding.views import actions, hooks, mails, messages, review, sandbox, wizard

app_name = "onboarding"
urlpatterns = [
    path("home/", wizard.home, name="home"),
    path("partners/<uuid:partner_id>/enroll/", wizard.start, name="start"),
    path("enrollments/<uuid:pk>/", wizard.enrollment_page, name="enrollment"),
    path("enrollments/<uuid:pk>/live/", wizard.enrollment_live, name="enrollment_live"),
    path("enrollments/<uuid:pk>/answers/", wizard.answers, name="answers"),
    path("enrollments/<uuid:pk>/steps/<slug:slug>/", wizard.page, name="page"),
    path("enrollments/<uuid:pk>/steps/<slug:slug>/live/", wizard.page_live, name="page_live"),
    path("enrollments/<uuid:pk>/take-over/", wizard.take_over, name="take_over"),
    path("enrollments/<uuid:pk>/take-up/", wizard.take_up, name="take_up"),
    path("enrollments/<uuid:pk>/checks/<int:check_id>/code/", wizard.confirm_code, name="confirm_code"),
    path("enrollments/<uuid:pk>/checks/<int:check_id>/look/", wizard.look_again, name="look_again"),
    path("enrollments/<uuid:pk>/checks/<int:check_id>/report/", wizard.report, name="report"),
    path("enrollments/<uuid:pk>/checks/<int:check_id>/answer/", actions.answer, name="answer"),
    path("enrollments/<uuid:pk>/documents/", actions.enrollment_documents, name="documents"),
    path("enrollments/<uuid:pk>/documents/<uuid:document_id>/", actions.document, name="document"),
    path(
        "enrollments/<uuid:pk>/documents/<uuid:document_id>/take-back/",
        actions.take_back_document,
        name="take_back_document",
    ),
    path("enrollments/<uuid:pk>/messages/", messages.thread, name="messages"),
    path("enrollments/<uuid:pk>/messages/read/", messages.read, name="messages_read"),
    path("enrollments/<uuid:pk>/reason/", actions.diagnose, name="diagnose"),
    path("enrollments/<uuid:pk>/support/", actions.support_pack, name="support"),
    path("confirm/<str:token>/", wizard.confirm_mailbox, name="confirm_mailbox"),
    path("desk/", review.desk, name="desk"),
    path("desk/mails/", mails.listing, name="mails"),
    path("desk/mails/<slug:code>/", mails.preview, name="mail"),
    path("desk/mails/<slug:code>/<slug:language>/", mails.frame, name="mail_frame"),
    path("desk/<uuid:pk>/messages/", messages.desk_thread, name="desk_messages"),
    path("desk/<uuid:pk>/messages/read/", messages.desk_read, name="desk_messages_read"),
    path("desk/<uuid:pk>/", review.file, name="file"),
    path("desk/<uuid:pk>/checks/<int:check_id>/", review.file, name="decide"),
    path("desk/<uuid:pk>/documents/<uuid:document_id>/", actions.judge, name="judge"),
    path("hooks/<slug:source>/", hooks.receive, name="hook"),
    path("sandbox/", sandbox.console, name="sandbox"),
    path("sandbox/act/", sandbox.act, name="sandbox_act"),
]
