from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding"

    def ready(self) -> None:
        from onboarding.domain import validation
        from portal.notices import relay

        relay.on_refused.append(validation.mail_refused)
