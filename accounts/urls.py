"""Addresses of the Official Accounts' pages."""

from django.urls import path

from accounts import capability_views, notice_views, verification_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.board, name="list"),
    path("connect/", views.connect, name="connect"),
    path("rehearse/", views.rehearse, name="rehearse"),
    path("capabilities/", capability_views.matrix, name="matrix"),
    path("types/", capability_views.types, name="types"),
    path("notices/", notice_views.notices, name="notices"),
    path("notices/<int:pk>/read/", notice_views.read, name="notice_read"),
    path("mailbox/", notice_views.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/again/", notice_views.send_again, name="mail_again"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/change/", views.change, name="change"),
    path("<int:pk>/test/", views.test, name="test"),
    path("<int:pk>/callback-secrets/", views.callback_secrets, name="callback_secrets"),
    path("<int:pk>/pause/", views.pause, name="pause"),
    path("<int:pk>/verification/<slug:step>/", verification_views.enter, name="verification"),
    path("<int:pk>/resume/", views.resume, name="resume"),
]
