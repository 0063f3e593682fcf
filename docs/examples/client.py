#!/usr/bin/env python3
"""A client of a cluster in one file, written from docs/wire.md alone. It needs pyzmq (libzmq with CURVE) and cryptography.

    python3 docs/examples/client.py cluster.json c1.key status
    python3 docs/examples/client.py cluster.json c1.key put KEY VALUE
    python3 docs/examples/client.py cluster.json c1.key get KEY

It checks the roster's signature against the key file's operator key, talks to the owners of the roster's CURVE keys and to nobody else,
checks the signature of every answer, and believes what f + 1 replicas say alike. It leaves out what a client that stays would have:
further hellos, repeats with back-off, several commands at a time. Nor does it follow a cluster from epoch to epoch: where a reply names a
later epoch than the first, it says so and does not count it. Exit codes: 0 done, 1 refused, 3 no quorum in time, 4 busy.
"""

import hashlib
import json
import os
import struct
import sys
import time

import zmq
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

TIMEOUT_S = 10
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
VERSION = 2
KIND = {"SendRequest": 32, "ClientHello": 33, "GetStatus": 36, "RegisterSession": 41, "UpdateLeader": 48}
REPLY, QUERY_REPLY = 64, 65
FRAMES = {REPLY: 3, QUERY_REPLY: 2}
APPLIED, BUSY, COMMAND, QUERY = 0, 7, 0, 1
ECDSA = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


def u32(value):
    return struct.pack(">I", value)


def u64(value):
    return struct.pack(">Q", value)


def identifier(text):
    return bytes([len(text)]) + text.encode()


def body(kind, *fields):
    return bytes([VERSION, KIND[kind]]) + b"".join(fields)


class Reader:
    """Reads the fields of a body one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        if self.at > len(self.data):
            raise ValueError("truncated")
        return self.data[self.at - size : self.at]

    def u8(self):
        return self.take(1)[0]

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.take(8))[0]

    def identifier(self):
        return self.take(self.u8()).decode("ascii")

    def bytes(self):
        return self.take(self.u32())


def in_tree(part, index, path, parts, root):
    """Checks that `part` is the leaf at `index` of the Merkle tree with that root and number of parts."""
    if index >= parts:
        return False
    node, at, last = hashlib.sha256(b"\x00" + part).digest(), index, parts - 1
    for beside in path:
        if last == 0:
            return False
        while at == last and at % 2 == 0:
            at, last = at // 2, last // 2
        left, right = (beside, node) if at % 2 else (node, beside)
        node, at, last = hashlib.sha256(b"\x01" + left + right).digest(), at // 2, last // 2
    return last == 0 and node == root


class Signatures:
    """ECDSA over secp256k1, as r and s of 32 bytes each with s in the lower half."""

    def __init__(self, cluster):
        self.cluster = cluster

    def digest(self, kind, data):
        return hashlib.sha256(identifier(f"bft-raft/v2/{kind}") + identifier(self.cluster) + data).digest()

    def sign(self, kind, data, secret_key):
        key = ec.derive_private_key(int(secret_key, 16), ec.SECP256K1())
        r, s = utils.decode_dss_signature(key.sign(self.digest(kind, data), ECDSA))
        return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")

    def holds(self, kind, data, signature, public_key):
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        if len(signature) != 64 or s > ORDER // 2:
            return False
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), bytes.fromhex(public_key))
        try:
            key.verify(utils.encode_dss_signature(r, s), self.digest(kind, data), ECDSA)
            return True
        except (InvalidSignature, ValueError):
            return False


def read_roster(path, operator_key):
    """Returns the roster, if the operator of the key file has signed it."""
    with open(path, encoding="utf-8") as file:
        signed = json.load(file)
    roster = signed["roster"]
    canonical = json.dumps(roster, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    signatures = Signatures(roster["cluster"])
    if roster["operatorKey"] != operator_key:
        sys.exit(f"{path}: of another operator than the key file's")
    if not signatures.holds("Roster", canonical, bytes.fromhex(signed["signature"]), operator_key):
        sys.exit(f"{path}: the operator's signature does not verify")
    given = {other["key"]: bytes.fromhex(other["signature"]) for other in signed.get("signatures", [])}
    more = [key for key in roster.get("operators", []) if key in given]
    if 1 + sum(signatures.holds("Roster", canonical, given[key], key) for key in more) < roster.get("operatorThreshold", 1):
        sys.exit(f"{path}: too few operators signed")
    return roster


class Client:
    """One DEALER to the client port of each replica."""

    def __init__(self, roster, key):
        self.roster, self.key = roster, key
        self.signatures = Signatures(roster["cluster"])
        self.replicas = {line["id"]: line for line in roster["replicas"]}
        self.faulty = (len(self.replicas) - 1) // 3
        self.context = zmq.Context()
        self.poller = zmq.Poller()
        self.sockets = {name: self.connect(line) for name, line in self.replicas.items()}
        self.applied = {}

    def connect(self, line):
        socket = self.context.socket(zmq.DEALER)
        socket.linger = 0
        socket.curve_serverkey = bytes.fromhex(line["curveKey"])
        socket.curve_publickey = bytes.fromhex(self.key["curvePublicKey"])
        socket.curve_secretkey = bytes.fromhex(self.key["curveSecretKey"])
        host = line["host"]
        if ":" in host:
            socket.ipv6, host = True, f"[{host}]"
        socket.connect(f"tcp://{host}:{line['clientPort']}")
        self.poller.register(socket, zmq.POLLIN)
        return socket

    def send(self, name, kind, data, packet_kind=None):
        signature = self.signatures.sign(kind, data, self.key["secretKey"])
        envelope = bytes([VERSION, KIND[packet_kind or kind]]) + signature
        self.sockets[name].send_multipart([envelope, data])

    def answers(self, deadline):
        """Yields (replica, kind, reader) of every QueryReply, and of every part of a Reply, that is genuine, until the deadline."""
        while (left := deadline - time.monotonic()) > 0:
            for socket, _ in self.poller.poll(left * 1000):
                frames = socket.recv_multipart()
                if len(frames[0]) == 66 + 8:
                    # One replica that lies may say so; where all do, this example is of no use.
                    print("a reply names a later epoch: this example knows the first alone", file=sys.stderr)
                if len(frames) < 2 or len(frames[0]) != 66 or len(frames[1]) < 2:
                    continue
                envelope, data = frames[:2]
                kind, reader = data[1], Reader(data)
                reader.take(2)
                name = reader.identifier()
                tag = {REPLY: "Reply", QUERY_REPLY: "QueryReply"}.get(kind)
                line = self.replicas.get(name)
                if tag is None or line is None or self.sockets[name] is not socket or len(frames) != FRAMES[kind]:
                    continue
                if not self.signatures.holds(tag, data, envelope[2:], line["publicKey"]):
                    continue
                if kind == REPLY:
                    reader = self.part(reader, Reader(frames[2]))
                if reader is not None and reader.identifier() == self.key["id"]:
                    yield name, kind, reader

    @staticmethod
    def part(reply, attached):
        """Returns a reader of the part that is attached, or None if it is not in the tree of the signed reply."""
        reply.u64()
        if reply.u8() == 1:
            reply.identifier()
        parts, root = reply.u64(), reply.take(32)
        index, path = attached.u64(), [attached.take(32) for _ in range(attached.u32())]
        part = attached.bytes()
        return Reader(part) if in_tree(part, index, path, parts, root) else None

    def say_hello(self):
        """Greets every replica twice: with no challenge, and with the one it answers; returns once f + 1 are greeted."""
        client = identifier(self.key["id"])
        for name in self.sockets:
            self.send(name, "ClientHello", body("ClientHello", client, identifier(name), u64(0), bytes(16)))
        for name, kind, reader in self.answers(time.monotonic() + TIMEOUT_S):
            if kind != QUERY_REPLY or reader.u64() != 0 or reader.u8() != 1:
                continue
            payload = Reader(reader.bytes())
            payload.u8()
            challenge, self.applied[name] = payload.take(16), payload.u64()
            self.send(name, "ClientHello", body("ClientHello", client, identifier(name), u64(0), challenge))
            if len(self.applied) > 2 * self.faulty:
                return
        sys.exit(3)

    def status(self):
        """Returns what each replica says of itself."""
        nonces = {name: int.from_bytes(os.urandom(6), "big") + 1 for name in self.sockets}
        for name, nonce in nonces.items():
            self.send(name, "GetStatus", body("GetStatus", identifier(self.key["id"]), u64(nonce)))
        said = {}
        for name, kind, reader in self.answers(time.monotonic() + TIMEOUT_S):
            if kind == QUERY_REPLY and reader.u64() == nonces[name] and reader.u8() == 1:
                said[name] = json.loads(reader.bytes())
            if len(said) == len(self.sockets):
                break
        return said

    def ordered(self, kind, data):
        """Has a request ordered; returns (outcome, index, result) once f + 1 replicas, or Q with fast reads, said so alike."""
        digest, said, busy = hashlib.sha256(data).digest(), {}, False
        count = len(self.replicas)
        wanted = (count + self.faulty + 2) // 2 if self.roster["constants"]["fastReads"] else self.faulty + 1
        deadline, packet_kind = time.monotonic() + TIMEOUT_S, None
        while time.monotonic() < deadline:
            for name in self.sockets:
                self.send(name, kind, data, packet_kind)
            # No answer in time: the same bytes go to all replicas, which see to it that a leader orders them.
            packet_kind = "UpdateLeader"
            patience = 2 * self.roster["constants"]["electionTimeoutMs"] / 1000
            for name, reply, reader in self.answers(min(deadline, time.monotonic() + patience)):
                if reply != REPLY:
                    continue
                for _ in range(reader.u32()):
                    request, answer = reader.take(32), (reader.u8(), reader.u64(), reader.bytes())
                    if request == digest and answer[0] == BUSY:
                        busy = True  # Counts for nothing: the request is sent again below, as if it had been lost.
                    elif request == digest:
                        said[name] = answer
                for answer in said.values():
                    if list(said.values()).count(answer) >= wanted:
                        return answer
        sys.exit(4 if busy else 3)

    def open_session(self):
        """Registers a session; its id is the index at which that was ordered."""
        base = sorted(self.applied.values(), reverse=True)[self.faulty]
        register = body("RegisterSession", identifier(self.key["id"]), u64(base), os.urandom(16))
        outcome, index, _ = self.ordered("RegisterSession", register)
        if outcome != APPLIED:
            sys.exit("the session was not opened; try again")
        return index

    def call(self, mode, command):
        session, seq, floor = self.open_session(), 1, 1
        fields = [identifier(self.key["id"]), u64(session), u64(seq), u64(floor), bytes([mode]), u32(len(command)), command]
        outcome, _, result = self.ordered("SendRequest", body("SendRequest", *fields))
        if outcome != APPLIED:
            sys.exit(f"outcome {outcome}")
        return result


def text(value):
    return struct.pack(">H", len(value.encode())) + value.encode()


def main(cluster, key_path, command, *operands):
    with open(key_path, encoding="utf-8") as file:
        key = json.load(file)
    if "sealed" in key:
        sys.exit(f"{key_path}: sealed; this example reads plain key files only")
    client = Client(read_roster(cluster, key["operatorKey"]), key)
    client.say_hello()
    if command == "status":
        for name, status in sorted(client.status().items()):
            print(name, status["role"], "term", status["term"], "applied", status["appliedIndex"])
    elif command == "put":
        name, value = operands
        result = client.call(COMMAND, b"\x01\x01" + text(name) + u32(len(value.encode())) + value.encode())
        print("revision", struct.unpack(">Q", result[2:])[0])
    elif command == "get":
        result = Reader(client.call(QUERY, b"\x01\x02" + text(operands[0])))
        result.u8()
        if result.u8() == 4:
            sys.exit("absent")
        result.u64(), result.u64(), result.u64()
        print(result.bytes().decode())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 3 else sys.exit(__doc__)
