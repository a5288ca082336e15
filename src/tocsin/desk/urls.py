"""Every page of the desk: one list for each module, in the order of the rail."""

from allauth.socialaccount.providers.openid_connect.views import callback
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, path

from tocsin.desk import (
    account,
    administration,
    appearance,
    bells,
    by_form,
    call_back,
    compose,
    contacts,
    defence,
    directory,
    door,
    dossiers,
    evidence,
    exercise,
    filings,
    forms,
    journal,
    looks,
    mail,
    partner,
    people,
    reports,
    requests,
    rota,
    shift,
    warned,
    watch,
)

WATCH = [
    path("", watch.watch, name="watch"),
    path("watch/rows/", watch.rows, name="watch-rows"),
    path("watch/views/", watch.save, name="watch-save"),
    path("watch/views/<uuid:view>/forget/", watch.forget, name="watch-forget"),
]
REQUESTS = [
    path("requests/<uuid:request_id>/", requests.thread, name="request"),
    path("requests/<uuid:request_id>/write/<slug:kind>/", requests.step, name="request-step"),
    path("requests/<uuid:request_id>/take/", requests.take, name="request-take"),
    path("requests/<uuid:request_id>/hand-over/", requests.hand_over, name="request-hand-over"),
    path("requests/<uuid:request_id>/notes/", requests.note, name="request-note"),
    path("requests/<uuid:request_id>/release/", requests.release, name="request-release"),
    path("requests/<uuid:request_id>/take-in/", requests.take_in_packages, name="request-take-in"),
    path("requests/<uuid:request_id>/pass-on/", requests.pass_on, name="request-pass-on"),
    path("requests/<uuid:request_id>/proof/<str:letter>/", requests.proof, name="request-proof"),
    path("requests/<uuid:request_id>/bundle/", requests.bundle, name="request-bundle"),
    path("requests/<uuid:request_id>/form/", forms.form, name="request-form"),
    path("requests/<uuid:request_id>/call-back/", call_back.call_back, name="request-call-back"),
    path("requests/<uuid:request_id>/forged/", warned.forged, name="request-forged"),
]
BY_FORM = [
    path("take-in/", by_form.take_in_page, name="take-in"),
    path("filings/", filings.filings, name="filings"),
    path("filings/<uuid:filing_id>/", filings.filing, name="filing-one"),
    path("filings/<uuid:filing_id>/file/", filings.file, name="filing-file"),
    path("filings/links/<uuid:link_id>/revoke/", filings.revoke, name="filing-revoke"),
    path("requests/<uuid:request_id>/record/<slug:kind>/", by_form.record, name="request-record"),
    path("requests/<uuid:request_id>/steps/<str:step>/read/", by_form.second_reading, name="request-read-again"),
    path("requests/<uuid:request_id>/brought/<uuid:file>/", by_form.brought_file, name="request-brought"),
    path("requests/<uuid:request_id>/sender/", by_form.sender, name="request-sender"),
    path("requests/<uuid:request_id>/join/", by_form.joined, name="request-join"),
    path("requests/<uuid:request_id>/letters/<str:letter>/receipt/", by_form.receipt, name="request-receipt"),
    path("drafts/<uuid:draft_id>/by-form/", by_form.send, name="draft-by-form"),
    path("requests/<uuid:request_id>/form/<str:number>/close/", forms.close, name="request-form-close"),
]
MAIL = [
    path("mail/", mail.tray, name="mail"),
    path("mail/<uuid:mail_id>/", mail.mail, name="mail-one"),
    path("mail/<uuid:mail_id>/belongs/", mail.belongs, name="mail-belongs"),
    path("mail/<uuid:mail_id>/not-ours/", mail.not_ours, name="mail-not-ours"),
    path("mail/<uuid:mail_id>/files/<int:part>/", mail.download, name="mail-file"),
    path("requests/<uuid:request_id>/mail/", mail.of_request, name="request-mail"),
    path("requests/<uuid:request_id>/mail/address/", mail.address, name="request-mail-address"),
    path("requests/<uuid:request_id>/mail/<uuid:mail_id>/", mail.outgoing, name="request-mail-out"),
]
COMPOSE = [
    path("compose/", compose.start, name="compose"),
    path("drafts/", compose.drafts, name="drafts"),
    path("drafts/<uuid:draft_id>/", compose.draft, name="draft"),
    path("drafts/<uuid:draft_id>/open/", compose.open_draft, name="draft-open"),
    path("drafts/<uuid:draft_id>/check/", compose.check, name="draft-check"),
    path("drafts/<uuid:draft_id>/letter/", compose.letter, name="draft-letter"),
    path("drafts/<uuid:draft_id>/sign/", compose.sign, name="draft-sign"),
    path("drafts/<uuid:draft_id>/discard/", compose.discard, name="draft-discard"),
]
WARNINGS = [
    path("warnings/", warned.warnings, name="warnings"),
    path("warnings/new/", warned.forged, name="warning-new"),
    path("warnings/<uuid:warning>/", warned.warning, name="warning"),
    path("forgeries/<uuid:forgery>/", warned.forgery, name="forgery"),
]
DIRECTORY = [
    path("directory/", directory.directory, name="directory"),
    path("directory/own/", directory.own, name="directory-own"),
    path("directory/own/words/", directory.own_words, name="directory-own-words"),
    path("directory/own/words/<uuid:proposal>/", directory.settle_words, name="directory-own-settle"),
    path("directory/own/hand-in/", directory.hand_in, name="directory-own-hand-in"),
    path("directory/own/file/", directory.own_file, name="directory-own-file"),
    path("directory/take/", directory.take, name="directory-take"),
    path("directory/call/", directory.call, name="directory-call"),
    path("directory/calls/<uuid:call_id>/answer/", directory.answer, name="directory-answer"),
    path("directory/members/<slug:member_id>/", directory.member, name="directory-member"),
    path("directory/contacts/", contacts.contacts, name="directory-contacts"),
    path("directory/contacts/lists/<uuid:waiting>/", contacts.waiting_list, name="directory-list"),
    path("directory/contacts/new/", contacts.new_contact, name="directory-contact-new"),
    path("directory/contacts/<slug:member_id>/", contacts.contact, name="directory-contact"),
    path("directory/contacts/<slug:member_id>/tried/", contacts.tried, name="directory-contact-tried"),
    path("directory/contacts/<slug:member_id>/give-up/", contacts.give_up, name="directory-contact-give-up"),
]
SHIFT = [
    path("shift/", shift.current, name="shift"),
    path("shift/<uuid:note>/", shift.kept, name="shift-note"),
    path("shift/<uuid:note>/acknowledge/", shift.take, name="shift-acknowledge"),
]
ROTA = [
    path("rota/", rota.rota, name="rota"),
    path("rota/minutes/", rota.minutes, name="rota-minutes"),
    path("rota/<uuid:turn>/withdraw/", rota.withdraw, name="rota-withdraw"),
]
DOSSIERS = [
    path("dossiers/", dossiers.dossiers, name="dossiers"),
    path("dossiers/<uuid:dossier_id>/", dossiers.dossier, name="dossier"),
    path("dossiers/<uuid:dossier_id>/do/<slug:act>/", dossiers.act, name="dossier-act"),
    path("defence/", defence.landing, name="defence"),
    path("defence/<uuid:dossier_id>/", defence.dossier, name="defence-dossier"),
    path("defence/<uuid:dossier_id>/packages/<uuid:package_id>/", defence.package, name="defence-package"),
    path(
        "defence/<uuid:dossier_id>/packages/<uuid:package_id>/files/<int:number>/",
        defence.download,
        name="defence-download",
    ),
    path("looks/", looks.looks, name="looks"),
    path("looks/file/", looks.export, name="looks-export"),
]
EVIDENCE = [
    path("evidence/", evidence.packages, name="evidence"),
    path("evidence/<uuid:package_id>/", evidence.package, name="package"),
    path("evidence/<uuid:package_id>/custody/<int:seq>/", evidence.event, name="package-event"),
    path("evidence/<uuid:package_id>/verify/", evidence.verify, name="package-verify"),
    path("evidence/<uuid:package_id>/files/<int:number>/", evidence.download, name="package-download"),
    path("evidence/<uuid:package_id>/convert/", evidence.convert_file, name="package-convert"),
    path("evidence/<uuid:package_id>/rerun/", evidence.rerun, name="package-rerun"),
    path("evidence/<uuid:package_id>/stamp/", evidence.stamp, name="package-stamp"),
    path("evidence/<uuid:package_id>/case/", evidence.case, name="package-case"),
]
JOURNAL = [
    path("journal/", journal.journal, name="journal"),
    path("journal/audit/", journal.audit, name="journal-audit"),
    path("journal/alarms/<int:number>/seen/", journal.see, name="journal-see"),
    path("journal/<int:index>/", journal.entry, name="journal-entry"),
    path("journal/<int:index>/proof/", journal.proof, name="journal-proof"),
]
EXERCISE = [
    path("exercise/", exercise.exercise, name="exercise"),
    path("exercise/begin/", exercise.begin, name="exercise-begin"),
    path("exercise/clock/", exercise.clock, name="exercise-clock"),
    path("exercise/sample/", exercise.sample, name="exercise-sample"),
    path("exercise/wipe/", exercise.wipe, name="exercise-wipe"),
    path("exercise/<uuid:exercise_id>/", exercise.debrief, name="exercise-debrief"),
    path("exercise/<uuid:exercise_id>/end/", exercise.end, name="exercise-end"),
    path("exercise/<uuid:exercise_id>/record.<slug:form>", exercise.record, name="exercise-record"),
]
ADMINISTRATION = [
    path("administration/", administration.administration, name="administration"),
    path("account/tokens/", administration.tokens, name="tokens"),
    path("account/tokens/<uuid:token>/withdraw/", administration.withdraw, name="token-withdraw"),
]
PARTNER = [
    path("partner/", partner.addressed, name="partner"),
    path("partner/requests/<uuid:request_id>/", partner.one, name="partner-request"),
    path("partner/requests/<uuid:request_id>/say/<slug:kind>/", partner.say, name="partner-say"),
]
REPORTS = [
    path("reports/", reports.reports, name="reports"),
    path("reports/<slug:table>.csv", reports.table_csv, name="report-csv"),
    path("reports/<slug:table>.svg", reports.table_picture, name="report-picture"),
]
APPEARANCE = [path("scheme/", appearance.scheme, name="scheme")]

# The names are those by which allauth finds its way.
DOOR = [
    path("sign-in/", door.SignIn.as_view(), name="account_login"),
    path("sign-in/passkey/", door.ByPasskey.as_view(), name="mfa_login_webauthn"),
    path("sign-in/second-step/", door.SecondStep.as_view(), name="mfa_authenticate"),
    path("sign-in/organisation/", door.by_organisation, name="by_organisation"),
    path("sign-in/organisation/<slug:provider_id>/", callback, name="openid_connect_callback"),
    path("sign-in/leave/", door.Leave.as_view(), name="account_logout"),
    path("sign-in/inactive/", door.inactive, name="account_inactive"),
    path("sign-in/again/password/", login_required(door.ByPasswordAgain.as_view()), name="account_reauthenticate"),
    path("sign-in/again/code/", login_required(door.ByCodeAgain.as_view()), name="mfa_reauthenticate"),
    path("sign-in/again/passkey/", login_required(door.ByPasskeyAgain.as_view()), name="mfa_reauthenticate_webauthn"),
    path("sign-in/invited/<str:token>/", door.invited, name="invited"),
    path("sign-in/set-up/", door.set_up, name="set_up"),
    path("sign-in/set-up/passkey/", door.add_passkey, name="add_passkey"),
    path("sign-in/set-up/app/", door.add_app, name="add_app"),
    path("sign-in/set-up/password/", door.set_password, name="set_password"),
    path("sign-in/set-up/codes/", door.codes, name="codes"),
    path("sign-in/set-up/organisation/", account.link, name="link_organisation"),
]
ACCOUNT = [
    path("account/", account.account, name="account"),
    path("account/preferences/", account.preferences, name="preferences"),
    path("account/devices/<int:number>/remove/", account.remove_device, name="remove_device"),
    path("account/sessions/others/end/", account.end_others, name="end_other_sessions"),
    path("account/sessions/<str:session>/end/", account.end_session, name="end_session"),
    path("account/organisation/unlink/", account.unlink, name="unlink_organisation"),
]
BELLS = [
    path("account/bells/", bells.bells, name="bells"),
    path("account/bells/<uuid:bell>/", bells.change, name="bell"),
]
PEOPLE = [
    path("people/", people.people, name="people"),
    path("people/<uuid:person>/", people.person, name="person"),
    path("people/<uuid:person>/invite/", people.invite, name="invite"),
    path("people/<uuid:person>/withdraw/", people.withdraw, name="withdraw_devices"),
    path("people/<uuid:person>/link/", people.link, name="link_person"),
    path("people/<uuid:person>/end/", people.end, name="end_person"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *WATCH,
    *REQUESTS,
    *BY_FORM,
    *MAIL,
    *COMPOSE,
    *WARNINGS,
    *DOSSIERS,
    *EVIDENCE,
    *DIRECTORY,
    *SHIFT,
    *ROTA,
    *DOOR,
    *ACCOUNT,
    *BELLS,
    *JOURNAL,
    *PEOPLE,
    *EXERCISE,
    *ADMINISTRATION,
    *PARTNER,
    *REPORTS,
    *APPEARANCE,
]
