"""The tamper-evident record of all that a node does.

Each node keeps a Merkle log (RFC 6962) of salted commitments, served as static files that any
client of the C2SP tlog formats reads. An entry is

    SHA-256(salt || canonical(event))       32 bytes, see tocsin.proof.commitment

with an event such as

    {"at":"2026-11-24T03:00:00.000Z","by":{"member":"ro","person":"","roles":["node"]},
     "kind":"letter-stored","letter":"…","thread":"…","v":1}

The tree holds the commitments and is public; salts and events lie in the database alone and can be
erased, and the tree does not notice. What was signed of the tree is never taken back: a checkpoint
is signed in the transaction that appends what it covers and is seen by others after the commit only.

``index`` counts a node's entries over all its logs. A node has one log as long as it loses nothing;
after a restored backup it begins another one under a new origin, and an entry's leaf in that tree is
its index less the log's first index.

Acts append last: ``acts.record`` takes the lock on the head, and every other act of the node waits
for it until the transaction ends. See docs/decisions/0050 to 0054.
"""
