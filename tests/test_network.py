"""The whole suite runs with the network shut; here that is shown to be so."""

from __future__ import annotations

import socket

import pytest


def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as talk, pytest.raises(AssertionError, match="network is shut"):
        talk.connect(("192.0.2.1", 80))  # an address reserved for documentation


def test_another_machine_cannot_be_looked_up() -> None:
    with pytest.raises(AssertionError, match="network is shut"):
        socket.create_connection(("example.invalid", 80), timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass
