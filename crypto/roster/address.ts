/** Addresses of replicas, as rosters and requests for a place in one give them. */
import { hostAndPort, peerHostFault } from "../../protocol/host.ts";
import { type Field, readInteger, refuse } from "../strict_json.ts";
import type { RosterReplica } from "./roster_types.ts";

/** The three ports of a replica. */
export const PORT_NAMES = ["peerPort", "publishPort", "clientPort"] as const;
/** The fields of an address. */
export const ADDRESS_NAMES = ["host", ...PORT_NAMES] as const;
const MAX_PORT = 65_535;

/** A replica's host, and its ports there. */
export type Address = Pick<RosterReplica, (typeof ADDRESS_NAMES)[number]>;

function readHost(field: Field): string {
  const { value } = field;
  const wanted = typeof value === "string" ? peerHostFault(value) : "a host name or an address";
  return wanted === null ? value as string : refuse(field, wanted);
}

/** Reads an address. Throws `ConfigError`. */
export function readAddress(fields: Readonly<Record<(typeof ADDRESS_NAMES)[number], Field>>): Address {
  const host = readHost(fields.host);
  const port = (name: (typeof PORT_NAMES)[number]) => readInteger(fields[name], 1, MAX_PORT);
  return { host, peerPort: port("peerPort"), publishPort: port("publishPort"), clientPort: port("clientPort") };
}

/** Formats an address for people. */
export const addressText = ({ host, peerPort, publishPort, clientPort }: Address): string =>
  `${hostAndPort(host, peerPort)}, ${publishPort} and ${clientPort}`;
