"""The doors of the house: log in, log out, first administrator, profile, language."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate, get_user_model, views
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from wxportal.shell.forms import FirstAdministratorForm, LoginForm, ProfileForm, dress
from wxportal.shell.pages import page

User = get_user_model()
FIRST_ADMINISTRATOR_LOCK = 4_200_001  # any constant: two browsers must not both become the first


class LoginView(views.LoginView):
    """Log in; an installation without people leads to the first administrator's page."""

    template_name = "shell/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "GET" and not User.objects.exists():
            return redirect("shell:first_administrator")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**admin.site.each_context(self.request), "title": _("Log in"), **super().get_context_data(**kwargs)}


class PasswordChangeView(views.PasswordChangeView):
    """Change one's own password."""

    template_name = "shell/form.html"
    success_url = reverse_lazy("shell:profile")

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        dress(form)
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = {**admin.site.each_context(self.request), "title": _("Change password"), "is_nav_sidebar_enabled": True}
        return {**frame, **super().get_context_data(**kwargs), "title": frame["title"]}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password was changed."))
        return super().form_valid(form)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    end_session(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def first_administrator(request: HttpRequest) -> HttpResponse:
    """Make the first administrator; once anybody exists this page leads to the log-in."""
    if User.objects.exists():
        return redirect("shell:login")
    form = FirstAdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _become_first(form):
        user = authenticate(request, username=form.cleaned_data["username"], password=form.cleaned_data["password1"])
        start_session(request, user)
        return redirect("/")
    frame = {**admin.site.each_context(request), "form": form}
    return page(request, "shell/first_administrator.html", frame, title=_("Welcome to wxportal"))


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name, language and zone."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile was saved."))
        return redirect("shell:profile")
    return page(request, "shell/form.html", {"form": form}, title=_("Profile"))


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Switch the language, for this browser and, when logged in, for the person."""
    target = request.POST.get("next") or "/"
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    answer = HttpResponseRedirect(target)
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES) and check_for_language(code):
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, samesite="Lax", max_age=31_536_000)
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=code)
    return answer


def _become_first(form: FirstAdministratorForm) -> bool:
    """Save the first administrator unless somebody else was faster."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_ADMINISTRATOR_LOCK])
        if User.objects.exists():
            form.add_error(None, _("Somebody else was faster: an administrator exists already."))
            return False
        user = form.save(commit=False)
        user.is_staff = user.is_superuser = True
        user.save()
    return True
