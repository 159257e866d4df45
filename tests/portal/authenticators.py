"""A passkey in software: what a browser and a device send, with true signatures."""

import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40


@dataclass
class SoftPasskey:
    """A device of one person. ``origin`` is the page on which the browser stands, ``rp_id`` what it signs for."""

    origin: str = "https://portal.example"
    rp_id: str = "portal.example"
    verifies: bool = True
    identity: bytes = b"a passkey of tests"
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        """Return the answer to a request for a new passkey, as JSON."""
        self.handle = websafe_decode(options["publicKey"]["user"]["id"])
        public = cbor.encode(ES256.from_cryptography_key(self.key.public_key()))
        attested = bytes(16) + struct.pack(">H", len(self.identity)) + self.identity + public
        data = self._data(_HAS_KEY) + attested
        response = {
            "clientDataJSON": self._said("webauthn.create", options),
            "attestationObject": websafe_encode(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._answer(response, {"credProps": {"rk": True}})

    def get(self, options: dict[str, Any]) -> str:
        """Return the answer to a request to sign in, as JSON."""
        data, said = self._data(0), self._said("webauthn.get", options)
        signed = self.key.sign(data + hashlib.sha256(websafe_decode(said)).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": said,
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signed),
            "userHandle": websafe_encode(self.handle),
        }
        return self._answer(response, {})

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", 0)

    def _said(self, kind: str, options: dict[str, Any]) -> str:
        said = {"type": kind, "challenge": options["publicKey"]["challenge"], "origin": self.origin}
        return websafe_encode(json.dumps(said).encode())

    def _answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.identity),
                "rawId": websafe_encode(self.identity),
                "type": "public-key",
                "response": response,
                "clientExtensionResults": extensions,
            }
        )
