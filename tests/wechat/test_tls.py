"""The same truths over TLS, which is what WeChat speaks."""

import datetime
import ipaddress
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.wechat.servers import answer, read_request
from wxportal.wechat.errors import NotSent, OutcomeUnknown
from wxportal.wechat.transport import Transport

HERE = ipaddress.ip_address("127.0.0.1")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for this machine, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(
        now + datetime.timedelta(days=1)
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(HERE)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    formats = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, *formats))
    with file.open("ab") as both:
        both.write(signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))


@pytest.fixture
def tls_server(certificate, raw_server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def start(script):
        def secured(connection: socket.socket):
            with context.wrap_socket(connection, server_side=True) as inside:
                script(inside)

        server = raw_server(secured, secured)
        return Transport(f"https://127.0.0.1:{server.port}")

    return start


@pytest.mark.usefixtures("trusted")
def test_a_large_request_and_its_answer_go_through(tls_server):
    sizes = []

    def script(connection):
        sizes.append(len(read_request(connection)))
        connection.sendall(answer())

    body = b"x" * 3_000_000
    assert tls_server(script).request("POST", "/", {}, body).body == b'{"errcode":0}'
    assert sizes == [3_000_000]


@pytest.mark.usefixtures("trusted")
def test_hanging_up_after_the_request_is_unknown(tls_server):
    with pytest.raises(OutcomeUnknown):
        tls_server(read_request).request("POST", "/", {}, b"{}")


@pytest.mark.usefixtures("trusted")
def test_garbage_instead_of_tls_records_after_the_request_is_unknown(certificate, raw_server):
    # The library says "SSL error" here as it does for a failed handshake; only the note of our connection tells.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def script(connection):
        inside = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=True)
        read_request(inside)
        with socket.socket(fileno=inside.detach()) as bare:
            bare.sendall(b"no TLS record at all")

    server = raw_server(script)
    with pytest.raises(OutcomeUnknown):
        Transport(f"https://127.0.0.1:{server.port}").request("POST", "/", {}, b"{}")


@pytest.mark.usefixtures("trusted")
def test_a_trickling_answer_cannot_outlive_the_timeout(tls_server):
    def script(connection):
        read_request(connection)
        for byte in answer(b"{" + b" " * 500 + b"}"):
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        tls_server(script).request("POST", "/", {}, b"{}", timeout=0.5)
    assert time.monotonic() - started < 1.5


@pytest.mark.usefixtures("trusted")
def test_a_receiver_that_stops_reading_cannot_outlive_the_timeout(tls_server):
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        tls_server(lambda connection: (connection.recv(10), time.sleep(5))).request(
            "POST", "/", {}, b"x" * 50_000_000, timeout=0.5
        )
    assert time.monotonic() - started < 1.5


def test_a_certificate_nobody_vouches_for_is_not_sent(tls_server):
    received = []
    with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        tls_server(lambda connection: received.append(read_request(connection))).request("POST", "/", {}, b"{}")
    assert received == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_host_is_not_sent(tls_server):
    elsewhere = tls_server(read_request).base_url.replace("127.0.0.1", "localhost")
    with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        Transport(elsewhere).request("POST", "/", {}, b"{}")
