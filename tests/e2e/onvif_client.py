"""An ONVIF client by the book: the calls Home Assistant's integration makes, in its order. Knows nothing of the gateway's code."""

import base64
import hashlib
import os
import socket
import time
import urllib.error
import urllib.request
import uuid
import xml.etree.ElementTree as ET

SPACES = {"device": "http://www.onvif.org/ver10/device/wsdl", "media": "http://www.onvif.org/ver10/media/wsdl", "ptz": "http://www.onvif.org/ver20/ptz/wsdl",
          "events": "http://www.onvif.org/ver10/events/wsdl", "wsnt": "http://docs.oasis-open.org/wsn/b-2"}


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def every(root, name):
    return [element for element in root.iter() if local(element) == name]


def text(root, name):
    found = every(root, name)
    return (found[0].text or "") if found else ""


def probe(address, port=3702, types="dn:NetworkVideoTransmitter", scopes="onvif://www.onvif.org/Profile/Streaming", seconds=3.0):
    """ProbeMatches as [{"xaddrs", "scopes", "endpoint"}]."""
    message = f"uuid:{uuid.uuid4()}"
    body = f"""<?xml version="1.0" encoding="utf-8"?><Envelope xmlns="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<Header><wsa:MessageID xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">{message}</wsa:MessageID><wsa:To xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>
<wsa:Action xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action></Header>
<Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"><Types>{types}</Types><Scopes>{scopes}</Scopes></Probe></Body></Envelope>"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        out.bind(("127.0.0.1", 0))
        out.sendto(body.encode(), (address, port))
        found, deadline = {}, time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            out.settimeout(left)
            try:
                root = ET.fromstring(out.recvfrom(65536)[0])
            except socket.timeout:
                break
            if text(root, "RelatesTo") != message:
                continue
            for match in every(root, "ProbeMatch"):
                found[text(match, "Address")] = {"xaddrs": text(match, "XAddrs").split(), "scopes": text(match, "Scopes").split()}
        return list(found.values())


class Fault(Exception):
    pass


class Client:
    def __init__(self, host, port, user="", password="", path="/onvif/device_service"):
        self.base, self.user, self.password = f"http://{host}:{port}", user, password
        self.device = self.base + path

    def security(self):
        nonce, created = os.urandom(16), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + self.password.encode()).digest()).decode()
        return f"""<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">
<wsse:UsernameToken><wsse:Username>{self.user}</wsse:Username><wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">{digest}</wsse:Password>
<wsse:Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">{base64.b64encode(nonce).decode()}</wsse:Nonce><wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"""

    def send(self, address, envelope):
        request = urllib.request.Request(address, envelope.encode(), {"Content-Type": "application/soap+xml; charset=utf-8"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return ET.fromstring(reply.read())
        except urllib.error.HTTPError as problem:
            raise Fault(f"{problem.code}: " + problem.read().decode()) from None

    def envelope(self, space, operation, inside=""):
        header = self.security() if self.user else ""
        return f'<soap-env:Envelope xmlns:soap-env="http://www.w3.org/2003/05/soap-envelope"><soap-env:Header>{header}</soap-env:Header><soap-env:Body><ns0:{operation} xmlns:ns0="{SPACES[space]}">{inside}</ns0:{operation}></soap-env:Body></soap-env:Envelope>'

    def call(self, space, operation, inside="", address=None):
        return self.send(address or self.device, self.envelope(space, operation, inside))
