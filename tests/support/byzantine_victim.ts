/** The setting of unit tests of faulty behaviours: a core that has received nothing, and honest cores to judge what is sent. */
import { sha256Hex, unhex } from "../../crypto/digest.ts";
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import { createSigner, createVerifier } from "../../crypto/signing/signing.ts";
import type { Entry } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { clientId, type Digest, logIndex, replicaId, round, seq, term } from "../../protocol/ids.ts";
import type { AppendEntries, Message, Request, SendRequest } from "../../protocol/message.ts";
import type { Packet, UnsignedPacket, UnsignedPacketOf } from "../../protocol/packet.ts";
import type { Signed, Verified } from "../../protocol/signed.ts";
import type { Adversary, Victim } from "../../replica/byzantine/adversary.ts";
import { type ByzantineMode, createAdversary } from "../../replica/byzantine/mod.ts";
import { createState } from "../../replica/core/create_state.ts";
import type { InputWithoutTime } from "../../replica/core/input.ts";
import type { Outgoing } from "../../replica/core/output.ts";
import type { CoreState } from "../../replica/core/state.ts";
import { admitPacket } from "../../replica/ingress/admit_packet.ts";
import { createSignatureCheck } from "../../replica/ingress/signature_check.ts";
import { coreConfigOf } from "../../replica/replica_config.ts";
import { EMPTY_RECOVERED } from "../../replica/storage/empty.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { encodeMessage } from "../../transport/codec/mod.ts";
import { backend } from "./backends.ts";
import { NO_CHANGES } from "./executors.ts";
import { makeRoster } from "./make_roster.ts";
import { HeldChunks } from "./snapshot_values.ts";

const { roster, keys } = makeRoster();
export const CHECK = createSignatureCheck(createKeyRing(roster), createVerifier(backend, roster.cluster));
export const PEERS = ["r2", "r3", "r4"].map(replicaId);
export const SELF = replicaId("r1");

const stateOf = (line: number): CoreState =>
  createState(coreConfigOf(roster, roster.replicas[line]!, 1), EMPTY_RECOVERED, {
    hash: sha256Hex,
    machine: new KvStore(),
    changes: NO_CHANGES,
    chunks: new HeldChunks(),
  }, 0);

/** Returns an honest core of r2, to see how it reacts. */
export const honestState = (): CoreState => stateOf(1);

/** Sets `mode` on r1, and returns everything it sends unasked in so many heartbeats. */
export function rideOn(mode: ByzantineMode): {
  readonly victim: Victim;
  readonly adversary: Adversary;
  speak(heartbeats: number): Outgoing[];
} {
  const state = stateOf(0);
  const victim: Victim = { config: state.config, hash: sha256Hex, state };
  const adversary = createAdversary(mode, victim);
  let now = 0;
  return {
    victim,
    adversary,
    speak: (heartbeats) =>
      Array.from({ length: heartbeats }, () => {
        now += victim.config.constants.heartbeatMs;
        return [...adversary.corrupt?.([], now) ?? []];
      }).flat(),
  };
}

/** Returns `message` signed by `id`. */
export function signAs<M extends Message>(id: string, message: M): Signed<M> {
  const body = encodeMessage(message);
  const signer = createSigner(backend, unhex(keys.get(id)!.secretKey), roster.cluster);
  return { message, body, signature: signer.sign(message.kind, body) };
}

/** Returns a packet as others receive it, signed by r1. Attachments are left as they are. */
export function signedPacket(packet: UnsignedPacket): Packet {
  if (packet.kind === "ForwardedRequest" || packet.kind === "Evidence") return packet;
  return { ...packet, signed: signAs(SELF, packet.signed) } as Packet;
}

/** Returns the reason an honest replica in `state` refuses `packet` before its core sees it; null if it accepts it. */
export function refusal(state: CoreState, packet: UnsignedPacket): string | null {
  const admission = admitPacket(state, CHECK, "peer", signedPacket(packet));
  if ("refused" in admission) return admission.refused;
  return admission.admitted?.kind === "bad-entry" ? "bad-entry" : null;
}

/** Returns a validly signed request of client `client`. */
export const requestOf = (client: string, number: number): Signed<SendRequest> =>
  signAs(client, {
    kind: "SendRequest",
    client: clientId(client),
    session: logIndex(1),
    seq: seq(number),
    floor: seq(1),
    mode: "command",
    command: Uint8Array.of(number),
  });

/** Returns the input that `packet` is at its receiver. */
export const inputOf = (packet: Packet): InputWithoutTime => ({ kind: "packet", packet: packet as Verified<Packet> });

/** Returns what r1's core sends as leader of `inTerm`: one entry of `requests` after the given point. */
export function appendOf(
  inTerm: number,
  prevIndex: number,
  prevHash: Digest,
  requests: readonly Signed<Request>[],
): { readonly packet: UnsignedPacketOf<"AppendEntries">; readonly hash: Digest } {
  const entry: Entry = { index: logIndex(prevIndex + 1), term: term(inTerm), body: joinRequests(requests), requests };
  const { hash } = chainEntry(sha256Hex, prevHash, entry);
  const signed: AppendEntries = {
    kind: "AppendEntries",
    term: term(inTerm),
    leader: SELF,
    round: round(prevIndex + 1),
    prevIndex: logIndex(prevIndex),
    prevHash,
    entryHashes: [hash],
    commitIndex: logIndex(0),
  };
  return { packet: { kind: "AppendEntries", signed, entries: [entry], proof: null }, hash };
}
