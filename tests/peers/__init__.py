"""What the peers' own tests expect of documents, asked of our model: how much of it do we give?

``python -m tests.peers`` prints the table; ``-v`` with what is missed, ``-vv`` with what is answered
differently on purpose too.
"""
