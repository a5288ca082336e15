"""Mail: requests for those who have no node, by signed mail; and what comes in by mail, for a person to sort.

Outward (``acts/send``): a request is printed as a form and goes out signed with S/MIME, encrypted where a certificate
of its reader is known; otherwise the mail holds no personal data, or an encrypted file whose password goes by
telephone.

Inward (``acts/take_in``): what comes is kept as it came, and read as what it is: a claim by somebody. What was verified
stands apart from what is claimed, and a person says to which request it belongs.
"""
