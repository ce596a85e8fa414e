from django.core.management.base import BaseCommand
from whatsapp.views import pairing_address


class Command(BaseCommand):
    help = "Prints the address where one customer links a phone, for a day."

    def add_arguments(self, parser):
        parser.add_argument("org_id")

    def handle(self, org_id, **_):
        self.stdout.write(pairing_address(org_id))
