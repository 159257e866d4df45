import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def learn(apps, schema_editor):
    """Mails that told of a change went to the address before it, in the row whose key ends with 0."""
    Mail, User = apps.get_model("notices", "Mail"), apps.get_model("accounts", "User")
    FormerAddress = apps.get_model("accounts", "FormerAddress")
    told = Mail.objects.filter(key__regex=r"^email-changed-[0-9]{1,9}-[0-9a-f]{16}-0$").order_by("created_at")
    for key, to, at in told.values_list("key", "to", "created_at").iterator():
        user = User.objects.filter(pk=int(key.split("-")[2]), erased_at=None).exclude(email=to.lower()).first()
        if user is not None:
            FormerAddress.objects.update_or_create(user=user, email=to.lower(), defaults={"until": at})


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0095_erased"),
        ("notices", "0080_limits_and_stops"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("until", models.DateTimeField(verbose_name="until")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="former_addresses",
                        to=settings.AUTH_USER_MODEL, verbose_name="user",
                    ),
                ),
            ],
            options={"verbose_name": "former e-mail address", "verbose_name_plural": "former e-mail addresses"},
        ),
        migrations.AddConstraint(
            model_name="formeraddress",
            constraint=models.UniqueConstraint(fields=("user", "email"), name="former_address_once"),
        ),
        migrations.RunPython(learn, migrations.RunPython.noop),
    ]
