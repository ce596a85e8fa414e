from django.urls import path

from . import views

urlpatterns = [
    path("webhook", views.webhook, name="whatsapp_webhook"),
    path("pair/<str:token>/", views.pair, name="whatsapp_pair"),
    path("pair/<str:token>/qr.svg", views.pair_qr, name="whatsapp_pair_qr"),
]
