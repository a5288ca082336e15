"""How long what is known of a person stays here, who may stop that, and what is left afterwards.

A request, with its letters, its draft, its evidence and its journal events, is kept for so many days after it ended as
the node's settings say (``[retention]`` in ``node.toml``), with the source of that rule: Directive (EU) 2016/680,
Article 5, leaves the time to national law. A daily job proposes what is due; erasure follows by itself after a notice,
or by a person's decision, as the settings say. A legal hold stops it, for as long as it stands.

The order in which things go, so that a process may die between any two of them:

1. one transaction: tombstones of the letters, the rows, salts and events of the journal's entries, the entries that
   record it, and a row that lists the files to take away;
2. the files, each as often as need be;
3. one transaction: the row says that they are gone.

A sweep goes on at 2. for every row that did not come to 3.
"""
