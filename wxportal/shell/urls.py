from django.urls import path

from wxportal.shell import views

app_name = "shell"
urlpatterns = [
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.logout, name="logout"),
    path("first/", views.first_administrator, name="first_administrator"),
    path("profile/", views.profile, name="profile"),
    path("password/", views.PasswordChangeView.as_view(), name="password_change"),
    path("language/", views.choose_language, name="language"),
]
