"""The family of source kinds: bytes -> Feed. One file a kind, one line of ``KINDS``.

The contract of a kind is one function, ``read(document, source, authority) -> Feed``: pure, no clock, no
network; raises ReadError when the bytes are not of that kind. A kind that brings its own bytes (a folder)
also has ``load(source, folder, validators) -> Document | NotModified``, which takes the place of ``fetch``.
"""
