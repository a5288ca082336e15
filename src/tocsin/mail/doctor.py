"""Whether the mail servers of the settings answer: looks, sends nothing, changes nothing."""

import smtplib

from tocsin.mail import imap, post, smtp
from tocsin.mail.errors import MailFilesError
from tocsin.mail.rules.addresses import on_one_line

_SECONDS = 10.0
_MOST = 200


def server_fault() -> str:
    """What is wrong with the way out; nothing when the server lets us in and what signs is there."""
    try:
        post.signer()
        server = smtp.connect(post.settings(), post.secret(post.SMTP), seconds=_SECONDS)
    except (MailFilesError, smtplib.SMTPException, OSError) as error:
        return on_one_line(f"{type(error).__name__}: {error}", most=_MOST)
    try:
        code, _ = server.noop()
    except (smtplib.SMTPException, OSError) as error:
        return on_one_line(f"{type(error).__name__}: {error}", most=_MOST)
    finally:
        server.close()
    return "" if code in range(200, 300) else f"it answers {code}"


def mailbox_fault() -> str:
    """What is wrong with the mailbox; nothing when it opens."""
    try:
        with imap.open_mailbox(post.settings(), post.secret(post.IMAP), seconds=_SECONDS):
            return ""
    except (MailFilesError, imap.MailboxError) as error:
        return on_one_line(str(error), most=_MOST)
