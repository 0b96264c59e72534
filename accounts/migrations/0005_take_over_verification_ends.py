"""What somebody once typed in as "verified until" becomes that person's first record.

Rerunnable: an account that has a record already is left alone.
"""

from django.db import migrations
from django.utils import timezone


def take_over(apps, schema_editor):
    OfficialAccount = apps.get_model("accounts", "OfficialAccount")
    VerificationRecord = apps.get_model("accounts", "VerificationRecord")
    known = OfficialAccount.objects.exclude(verified_until=None).filter(verification_records=None)
    now = timezone.now()
    for account in known.iterator():
        VerificationRecord.objects.create(
            official_account=account,
            kind="end_entered",
            source="person",
            moment=account.created_at,
            recorded_at=now,
            expires_at=account.verified_until,
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_verification_records")]
    operations = [migrations.RunPython(take_over, migrations.RunPython.noop, elidable=True)]
