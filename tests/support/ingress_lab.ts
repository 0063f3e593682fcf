/** One replica's ingress, before a core that is never run, and keys to sign anything that anyone could send it. */
import { sha256Hex, unhex } from "../../crypto/digest.ts";
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { createSigner, createVerifier, type Signer } from "../../crypto/signing/signing.ts";
import { createMessageVerifier, UNSIGNED } from "../../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../../crypto/signing/verified_cache.ts";
import type { ProtocolConstants } from "../../protocol/config.ts";
import type { Message } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import type { QueryHandler } from "../../replica/answers/query_handler.ts";
import { payerOf, Routes } from "../../replica/answers/routes.ts";
import { createState } from "../../replica/core/create_state.ts";
import { countingBackend } from "../../replica/diagnostics/counting_backend.ts";
import { TallyByKind } from "../../replica/diagnostics/tally_by_kind.ts";
import { EpochTalk } from "../../replica/epochs/epoch_talk.ts";
import { Ingress } from "../../replica/ingress/ingress.ts";
import { createSignatureCheck } from "../../replica/ingress/signature_check.ts";
import { coreConfigOf } from "../../replica/replica_config.ts";
import { EMPTY_RECOVERED } from "../../replica/storage/empty.ts";
import { MemoryDisk } from "../../replica/storage/memory/memory_disk.ts";
import { openMemoryStorage } from "../../replica/storage/memory/memory_storage.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { type AnyPacket, encodeMessage, encodePacket } from "../../transport/codec/mod.ts";
import type { Channel, Received } from "../../transport/port.ts";
import { backend } from "./backends.ts";
import { NO_CHANGES } from "./executors.ts";
import { makeRoster } from "./make_roster.ts";
import { HeldChunks } from "./snapshot_values.ts";

/** A query handler that answers nothing and keeps what it was asked. */
function queriesOn(routes: Routes) {
  const served: string[] = [];
  const turnedAway: string[] = [];
  const busy: { readonly route: string; readonly waitMs: number }[] = [];
  const queries: QueryHandler & { active: boolean } = {
    active: true,
    turnAway: (_question, route) => void turnedAway.push(route),
    turnEnds: () => {},
    busy: (_request, route, waitMs) => void busy.push({ route, waitMs }),
    payer: (client, route, now) => routes.payer(client, route, now),
    asks: (client, route, now) => routes.asks(client, route, now),
    greeter: (client, route, challenge) => payerOf(client, routes.isFor(client, route, challenge)),
    serve(packet, route, now) {
      served.push(packet.kind);
      if (packet.kind !== "ClientHello") return null;
      const { client, session, challenge } = packet.signed.message;
      if (!routes.isFor(client, route, challenge)) return "challenge";
      routes.greet(client, route, session, now);
      return null;
    },
  };
  return { queries, served, turnedAway, busy };
}

const ARCHIVE = openMemoryStorage({ clusterId: "test-cluster", hash: sha256Hex, disk: new MemoryDisk() }).epochs;

/** Ingress of `r1` in a roster of four replicas and two clients. `ahead` is told what other threads would begin with; left out, there are none. */
export function ingressLab(constants: Partial<ProtocolConstants> = {}, ahead?: SignatureBackend["ahead"]) {
  const { roster, keys } = makeRoster();
  const ports = { hash: sha256Hex, machine: new KvStore(), changes: NO_CHANGES, chunks: new HeldChunks() };
  const altered = { ...roster, constants: { ...roster.constants, ...constants } };
  const state = createState(coreConfigOf(altered, roster.replicas[0]!, 1), EMPTY_RECOVERED, ports, 0);
  const { backend: counting, work } = countingBackend({ ...backend, ...(ahead === undefined ? {} : { ahead }) });
  const verifier = createMessageVerifier(altered.constants, counting, roster.cluster, createVerifiedCache());
  const routes = new Routes();
  const { queries, served, turnedAway, busy } = queriesOn(routes);
  const refused = new TallyByKind(64);
  const check = createSignatureCheck(createKeyRing(roster), verifier, createVerifier(counting, roster.cluster));
  const heard: string[] = [];
  const muted: [source: string, fault: string, forMs: number][] = [];
  const heldOff: [route: string, forMs: number][] = [];
  const expelled: [route: string, offence: string][] = [];
  const talk = new EpochTalk({ epoch: 1, archive: ARCHIVE, newcomers: [], send: () => {} });
  const ingress = new Ingress({
    ...{ state, check, queries, refused, talk },
    heard: (peer) => heard.push(peer),
    muted: (source, fault, forMs) => muted.push([source, fault, forMs]),
    holdOff: ({ route }, forMs) => heldOff.push([route, forMs]),
    expel(received, offence) {
      const isThere = expelled.every(([route]) => route !== received.route);
      if (isThere) expelled.push([received.route, offence]);
      return isThere;
    },
  });
  const signers = new Map<string, Signer>();
  for (const [id, key] of keys) signers.set(id, createSigner(backend, unhex(key.secretKey), roster.cluster));

  return {
    ...{ state, ingress, work, served, queries, routes, roster, heard, muted, heldOff, expelled, turnedAway, busy },
    /** Returns the refusals so far, by kind. */
    refused: () => refused.toRecord(),
    /** Returns `message` signed by `by`, whatever signer it names. */
    sign<M extends Message>(by: string, message: M): Signed<M> {
      const body = encodeMessage(message);
      return { message, body, signature: signers.get(by)!.sign(message.kind, body) };
    },
    /** Returns `message` as it is told where nothing is signed (§1.4). */
    unsigned<M extends Message>(message: M): Signed<M> {
      return { message, body: encodeMessage(message), signature: UNSIGNED };
    },
    /** Passes in frames as they come from the network. */
    take: (channel: Channel, frames: readonly Uint8Array[], now = 0, route = "aa") =>
      ingress.take({ channel, route, frames }, now),
    /** Passes in a packet over a connection whose other end proved to be `owner`. */
    sendOwned: (owner: string, channel: Channel, packet: AnyPacket, now = 0, route = "aa") =>
      ingress.take({ channel, route, owner, frames: encodePacket(packet) }, now),
    /** Hands in what came from the network, for `most` signatures. */
    part(received: Received, most: number, now = 0) {
      const end = work.verified + most;
      return ingress.takePart(received, now, () => work.verified < end);
    },
    /** Hands in a packet. */
    send: (channel: Channel, packet: AnyPacket, now = 0, route = "aa") =>
      ingress.take({ channel, route, frames: encodePacket(packet) }, now),
  };
}
