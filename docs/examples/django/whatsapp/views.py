from django.conf import settings
from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .connections import receive
from .vigia import Vigia, VigiaError, VigiaUnreachable, WebhookRefused, verify_webhook

SALT = "whatsapp.pair"
DAY = 86_400


def vigia():
    return Vigia(settings.VIGIA_URL, settings.VIGIA_KEY)


@csrf_exempt  # the signature proves who sent it
@require_POST
def webhook(request):
    try:
        event = verify_webhook(settings.VIGIA_WEBHOOK_SECRETS, request.headers, request.body)
    except WebhookRefused:
        return HttpResponseBadRequest()
    receive(event)  # leave long work to a task queue
    return HttpResponse(status=204)


def pairing_address(org_id):
    """Where one customer links a phone, for a day. It is a secret: send it to this customer only."""
    return settings.SITE_URL + reverse("whatsapp_pair", args=[signing.dumps(org_id, salt=SALT)])


def org_of(token):
    try:
        return signing.loads(token, salt=SALT, max_age=DAY)
    except signing.BadSignature:
        raise Http404("This address is wrong, or older than a day.") from None


@never_cache
@require_http_methods(["GET", "POST"])
def pair(request, token):
    """The customer's page. The first visit offers to start; then it reloads until the phone is linked."""
    org_id = org_of(token)
    page, status = {"session": None, "pairing": None}, 200
    try:
        if request.method == "POST":
            vigia().call("session.pair", orgId=org_id)
            return redirect(request.path)
        page = vigia().call("session.pairing", orgId=org_id)
    except VigiaError as error:
        if error.reason != "not_found":  # an organization appears with its first pairing
            page["error"], status = str(error), 409  # its text is for people
    except VigiaUnreachable:
        page["error"], status = "The WhatsApp server does not answer. Try again in a minute.", 503
    return render(request, "whatsapp/pair.html", page, status=status)


@never_cache
@require_safe
def pair_qr(request, token):
    """The QR alone. Your backend fetches it, because an <img> sends no key."""
    try:
        return HttpResponse(vigia().qr(org_of(token)), content_type="image/svg+xml")
    except (VigiaError, VigiaUnreachable) as error:
        raise Http404(str(error)) from None
