from django.core.management.base import BaseCommand, CommandError
from whatsapp.connections import sync
from whatsapp.views import vigia
from whatsapp.vigia import VigiaError, VigiaUnreachable


class Command(BaseCommand):
    help = "Writes every session of Vigía into the table. Run it every few minutes."

    def handle(self, **_):
        try:
            self.stdout.write(f"{sync(vigia())} sessions")
        except (VigiaError, VigiaUnreachable) as error:
            raise CommandError(str(error)) from None
