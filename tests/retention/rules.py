"""The rules of the nodes in these tests."""

from tocsin.base.ids import InstrumentId
from tocsin.retention.rules.policy import Policy, Rule

ORDERS = Rule("orders", 30, "Law 1/2026 of Example, Article 9(2)", (InstrumentId("budapest-18-order"),))
KEPT = Policy(
    notice_days=10,
    days=100,
    source="Law 1/2026 of Example, Article 9",
    draft_days=20,
    backups_kept_days=35,
    rules=(ORDERS,),
)
