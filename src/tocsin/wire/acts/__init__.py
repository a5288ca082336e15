"""What is done on the wire, one function for each verb."""

from tocsin.wire.acts.admit import Caller, admit, admit_once
from tocsin.wire.acts.attachments import OfferedFile, offer_file, pick_up_files, send_files
from tocsin.wire.acts.deliver import deliver
from tocsin.wire.acts.erase import erase_letters
from tocsin.wire.acts.fetch_back import FetchedBack, fetch_back, recover
from tocsin.wire.acts.files import Exported, Imported, export_waiting, import_file
from tocsin.wire.acts.go_round import pick_up, relay, take_mail
from tocsin.wire.acts.outbox import retry, set_aside
from tocsin.wire.acts.post import post, post_all
from tocsin.wire.acts.receipts import give_receipt, take_receipts
from tocsin.wire.acts.receive import receive
from tocsin.wire.acts.sweep import expire, sweep
from tocsin.wire.acts.uploads import forget_attachment
from tocsin.wire.acts.witnesses import ask_witnesses, compare_with_witnesses

__all__ = [
    "Caller",
    "Exported",
    "FetchedBack",
    "Imported",
    "OfferedFile",
    "admit",
    "admit_once",
    "ask_witnesses",
    "compare_with_witnesses",
    "deliver",
    "erase_letters",
    "expire",
    "export_waiting",
    "fetch_back",
    "forget_attachment",
    "give_receipt",
    "import_file",
    "offer_file",
    "pick_up",
    "pick_up_files",
    "post",
    "post_all",
    "receive",
    "recover",
    "relay",
    "retry",
    "send_files",
    "set_aside",
    "sweep",
    "take_mail",
    "take_receipts",
]
