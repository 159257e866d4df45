"""Which field of a company and of an enrollment is which in Dynamics 365 and in Salesforce: what we suggest.

The names on the left are those of our API; a test holds them to its description. Own columns there begin with ``new_``
in Dynamics 365, whose publisher each company chooses, and end with ``__c`` in Salesforce.

Source: [ms-dataverse-account]; [salesforce-account].
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.enums import ExternalKind


@dataclass(frozen=True)
class Field:
    """``api`` is the name in our API, ``label`` what it is; the others are columns of the object there."""

    api: str
    label: str | Promise
    dynamics: str
    salesforce: str


_COMPANY = (
    Field("id", _("The company's number here"), "new_portalcompany", "Portal_Company__c"),
    Field("external_ids", _("IDs in other systems"), "accountid", "Id"),
    Field("name", _("Company name"), "name", "Name"),
    Field("legal_name", _("Legal name"), "new_legalname", "Legal_Name__c"),
    Field("country", _("Country of the registered office"), "address1_country", "BillingCountry"),
    Field("registration_number", _("Registration number"), "new_registrationnumber", "Registration_Number__c"),
    Field("duns", _("D-U-N-S number"), "new_duns", "DunsNumber"),
    Field("street", _("Street and number"), "address1_line1", "BillingStreet"),
    Field("postal_code", _("Postal code"), "address1_postalcode", "BillingPostalCode"),
    Field("city", _("City"), "address1_city", "BillingCity"),
    Field("website", _("Website"), "websiteurl", "Website"),
    Field("mail_domain", _("Mail domain"), "new_maildomain", "Mail_Domain__c"),
    Field("created_at", _("When it came to the portal"), "new_portalsince", "Portal_Since__c"),
)
_ENROLLMENT = (
    Field("id", _("The enrolment's number here"), "new_portalenrollment", "Portal_Enrollment__c"),
    Field("external_ids", _("IDs in other systems"), "opportunityid", "Id"),
    Field("company", _("Company"), "parentaccountid", "AccountId"),
    Field("country", _("CSP country"), "new_cspcountry", "CSP_Country__c"),
    Field("state", _("State"), "new_portalstate", "Portal_State__c"),
    Field("turn", _("Whose turn it is"), "new_turn", "Turn__c"),
    Field("turn_since", _("Since when"), "new_turnsince", "Turn_Since__c"),
    Field("kind", _("Check that it waits for"), "new_check", "Check__c"),
    Field("authority", _("Who decides on it"), "new_authority", "Authority__c"),
    Field("reason", _("Reason, as a code"), "new_reason", "Reason__c"),
    Field("reason_title", _("Reason, in words"), "new_reasontitle", "Reason_Title__c"),
    Field("views", _("Views of the desk that show it"), "new_deskviews", "Desk_Views__c"),
    Field("steps_done", _("Steps done, of five"), "new_stepsdone", "Steps_Done__c"),
    Field("owner", _("Owner at Ingram Micro"), "ownerid", "OwnerId"),
    Field("follow_up_on", _("Follow-up"), "new_followupon", "Follow_Up__c"),
    Field("suspension_on", _("Day of Microsoft's suspension"), "new_suspensionon", "Suspension__c"),
    Field("licences_at_risk", _("Licences at risk"), "new_licencesatrisk", "Licences_At_Risk__c"),
    Field("mpn_id", _("MPN ID"), "new_mpnid", "MPN_ID__c"),
    Field("location_mpn_id", _("Location ID"), "new_locationmpnid", "Location_MPN_ID__c"),
    Field("created_at", _("Started"), "new_startedon", "Started__c"),
    Field("submitted_at", _("Submitted"), "new_submittedon", "Submitted__c"),
    Field("ready_at", _("Ready to transact"), "new_readyon", "Ready__c"),
    Field("progressed_at", _("Last progress"), "new_progressedon", "Progressed__c"),
    Field("last_event_at", _("Last event"), "new_lasteventon", "Last_Event__c"),
    Field("url", _("Address of the file on the desk"), "new_portalurl", "Portal_URL__c"),
)
FIELDS = {ExternalKind.COMPANY: _COMPANY, ExternalKind.ENROLLMENT: _ENROLLMENT}
