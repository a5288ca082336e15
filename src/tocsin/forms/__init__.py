"""Forms: a request on paper, for those who have no node, and the proof that this node printed it.

A request is printed as a PDF in the language of its reader: what the law's data say stands on it (``rules/sheet``), set
by typst (``form.typ``), with the signed letter as an attachment, under this node's own seal (``pades``). Of each form
that goes out, hashes are published to the process that answers strangers, and nothing else: number, code and file are
compared there (``acts/check``), in a role of the database that sees no request.
"""
