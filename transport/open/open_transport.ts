/** Opens the network of a node on either engine, with the keys that its roster and key file give. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { ClientTransport, ConnectionEnd, ReplicaTransport } from "../port.ts";
import { type CurveKeys, curveKeysOf } from "./curve_keys.ts";

/** Engines that speak ZMTP: this project's own, and libzmq. */
export const TRANSPORT_ENGINES = ["zmtp", "libzmq"] as const;
export type TransportEngine = (typeof TRANSPORT_ENGINES)[number];

/** Addresses of a node. */
interface Addresses {
  readonly host: string;
  readonly peerPort: number;
  readonly publishPort: number;
  readonly clientPort: number;
}

/** Choices that replica and client have alike. */
export interface EngineOptions {
  /** `zmtp` by default. */
  readonly engine?: TransportEngine;
  /** Talks in clear, to anybody: whoever is on the way reads and changes what is not signed. Only where the roster allows it. */
  readonly insecurePlaintext?: boolean;
}

/** A replica's addresses, roster and key. */
export interface ReplicaTransportOptions extends EngineOptions {
  readonly roster: Roster;
  /** Key of a replica of the roster. */
  readonly key: KeyFile;
  /** Addresses to listen at; `host` is one of this machine, `*` for all IPv4 ones, or `::` for all. */
  readonly bind: Addresses;
  /** Told of each connection's end; libzmq tells of none. */
  readonly onEnd?: (end: ConnectionEnd) => void;
}

/** A client's roster and key. */
export interface ClientTransportOptions extends EngineOptions {
  readonly roster: Roster;
  /** Key of a client of the roster, or the operator's. */
  readonly key: KeyFile;
  /** Ids of the replicas to connect to; by default all of the roster. */
  readonly only?: readonly string[];
}

/**
 * Listens at a replica's ports and starts to connect to its peers, without waiting for them. Throws `TransportError` if a port cannot be
 * bound, `ConfigError` if plaintext is asked for and the roster does not allow it, or if in its `crash` profile the engine could not tell who speaks.
 */
export async function openReplicaTransport(options: ReplicaTransportOptions): Promise<ReplicaTransport> {
  const { roster, key, bind, onEnd, engine = "zmtp", insecurePlaintext = false } = options;
  const peers = roster.replicas.filter(({ id }) => id !== key.id);
  const curve = curveKeysOf(roster, key, insecurePlaintext);
  if (engine === "libzmq") {
    if (roster.constants.profile === "crash") {
      throw new ConfigError("--transport: given libzmq, which does not tell who is at the other end, wanted zmtp");
    }
    const { createZmqReplicaTransport } = await import("../zmq/zmq_replica_transport.ts");
    return createZmqReplicaTransport({ bind, peers, ...given(curve) });
  }
  const { createZmtpReplicaTransport } = await import("../zmtp/zmtp_replica_transport.ts");
  const network = onEnd === undefined ? {} : { onEnd };
  return createZmtpReplicaTransport({ bind, peers, network, ...given(await withBox(curve)) });
}

/**
 * Starts to connect to the replicas; what is sent before a connection is up waits. Resolves once host names are looked up, or after two
 * seconds. Throws `TransportError` if an address is not usable, `ConfigError` as {@linkcode openReplicaTransport} does.
 */
export async function openClientTransport(options: ClientTransportOptions): Promise<ClientTransport> {
  const { roster, key, only, engine = "zmtp", insecurePlaintext = false } = options;
  const replicas = roster.replicas.filter(({ id }) => only?.includes(id) ?? true);
  const curve = curveKeysOf(roster, key, insecurePlaintext);
  if (engine === "libzmq") {
    const { createZmqClientTransport } = await import("../zmq/zmq_client_transport.ts");
    return createZmqClientTransport({ replicas, ...given(curve) });
  }
  const { createZmtpClientTransport } = await import("../zmtp/zmtp_client_transport.ts");
  return createZmtpClientTransport({ replicas, ...given(await withBox(curve)) });
}

const given = <T>(curve: T | null): { readonly curve?: T } => curve === null ? {} : { curve };

async function withBox(curve: CurveKeys | null) {
  if (curve === null) return null;
  const { loadCurveBox } = await import("../zmtp/crypto/load_box.ts");
  return { ...curve, box: await loadCurveBox() };
}
