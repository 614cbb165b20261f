"""Which questions can be put, with which parameters, and how answers are worded: what all edges share.

A command, a page of the app and a repeated run ask through the same catalogue and show the same words.
"""
