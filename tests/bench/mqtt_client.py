"""A small MQTT 3.1.1 client that knows when a message came. One thread, blocking, QoS 0 and 1 inwards, 0 outwards."""

import socket
import struct
import time


def _text(value):
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(raw)) + raw


def _packet(kind, body):
    length, head = len(body), bytes([kind])
    while True:
        digit, length = length % 128, length // 128
        head += bytes([digit | (0x80 if length else 0)])
        if not length:
            return head + body


class Mqtt:
    def __init__(self, port, name):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.socket.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x00" + _text(name)))
        if self._packet(time.monotonic() + 5)[0] != 0x20:
            raise OSError("the broker did not accept the connection")

    def subscribe(self, *topics):
        self.socket.sendall(_packet(0x82, b"\x00\x01" + b"".join(_text(topic) + b"\x00" for topic in topics)))

    def publish(self, topic, payload):
        self.socket.sendall(_packet(0x30, _text(topic) + payload.encode()))

    def messages(self, deadline):
        """(time.monotonic(), topic, payload) until the deadline; what the broker had kept from before is left out."""
        while True:
            packet = self._packet(deadline)
            if packet is None:
                return
            kind, body, at = packet
            if kind & 0xF1 == 0x30:  # a message with the retain bit is an old one
                size = struct.unpack(">H", body[:2])[0]
                payload = body[2 + size + (2 if kind & 6 else 0):]
                yield at, body[2:2 + size].decode(), payload.decode(errors="replace")

    def close(self):
        self.socket.close()

    def _packet(self, deadline):
        while True:
            whole = self._parse()
            if whole:
                return (*whole, time.monotonic())
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                return None
            if not more:
                raise OSError("the broker closed the connection")
            self.buffer += more

    def _parse(self):
        length, shift = 0, 0
        for at in range(1, min(len(self.buffer), 5)):
            length |= (self.buffer[at] & 0x7F) << shift
            shift += 7
            if not self.buffer[at] & 0x80:
                end = at + 1 + length
                if len(self.buffer) < end:
                    return None
                kind, body = self.buffer[0], self.buffer[at + 1:end]
                self.buffer = self.buffer[end:]
                return kind, body
        return None
