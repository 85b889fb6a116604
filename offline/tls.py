"""The fabric's certificate authority: trusted by whoever is given its bundle, and by nobody else."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from offline.home import Home, write_private

_AUTHORITY_DAYS = 3650
_LEAF_DAYS = 90


class Authority:
    """Signs a certificate for each host that the fabric answers for.

    One authority a home, made at the first use and kept: clients that have loaded its bundle outlive a restart.
    Elliptic keys, because a host's first connection waits for its certificate.
    """

    def __init__(self, home: Home) -> None:
        self._folder = home.authority
        self._bundle = home.bundle
        key_file, certificate_file = self._folder / "ca.key", self._folder / "ca.pem"
        if not (key_file.exists() and certificate_file.exists()):
            self._make(key_file, certificate_file)
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key_file} does not hold an elliptic key")
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[tuple[str, bool], ssl.SSLContext] = {}
        self._write_bundle()

    def context(self, host: str, *, local: bool = False) -> ssl.SSLContext:
        """How to answer TLS as that host.

        :param local: also to who reaches it through a port of this machine, and so asks for 127.0.0.1.
        """
        wanted = (host.lower(), local)
        if wanted not in self._contexts:
            self._contexts[wanted] = self._sign(*wanted)
        return self._contexts[wanted]

    def _make(self, key_file: Path, certificate_file: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Offline Azure")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=_AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_private(key_file, _pem(key))
        write_private(certificate_file, certificate.public_bytes(serialization.Encoding.PEM).decode())

    def _write_bundle(self) -> None:
        """Public roots first, so that what is passed through to the real internet is trusted as before."""
        ours = self._certificate.public_bytes(serialization.Encoding.PEM).decode()
        wanted = os.environ.get("SSL_CERT_FILE")
        given = Path(wanted) if wanted else None
        roots = given if given is not None and given.is_file() and given != self._bundle else certifi.where()
        write_private(self._bundle, Path(roots).read_text().rstrip() + "\n" + ours)

    def _sign(self, host: str, local: bool) -> ssl.SSLContext:
        now = datetime.now(UTC)
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if local:
            names += [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        # A common name holds at most 64 characters; what clients compare is the alternative name.
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .public_key(self._leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=_LEAF_DAYS))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._leaf_key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        chain = self._folder / f"{host}.pem"
        write_private(
            chain, _pem(self._leaf_key) + certificate.public_bytes(serialization.Encoding.PEM).decode()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(chain)
        # The context holds it now; no key lies about longer than it is needed.
        chain.unlink()
        return context


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
