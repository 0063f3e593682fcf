/**
 * Speaks ZMTP 3.1, the protocol of ZeroMQ, on Deno's TCP, in clear or with CURVE.
 *
 * From the bottom, each room knowing only those above it in this list:
 *
 * - `crypto/`: NaCl's box, by libsodium and by noble.
 * - `connection/`: one connection without I/O. `connection.ts` is its whole surface; `handshake/` and `curve/` open it, `framing/` cuts bytes into
 *   messages and back, `traffic/` is what is said besides messages. `limits.ts` has the bounds, `violation.ts` the causes of an end.
 * - `socket/`: ROUTER, DEALER, PUB and SUB over connections.
 * - `net/`: listening, dialing, and what strangers may cost.
 *
 * None of them knows anything of this project. The files beside this one fit them to its port.
 *
 * @module
 */
export { loadCurveBox } from "./crypto/load_box.ts";
export type { CurveBox, KeyPair } from "./crypto/curve_box.ts";
export type { End } from "./net/listener.ts";
export type { NetworkOptions } from "./net/network.ts";
export { ZMTP_QUEUES, type ZmtpQueues } from "./queues.ts";
export type { CurveIdentity } from "./settings.ts";
export {
  createZmtpClientTransport,
  type ZmtpClientOptions,
  type ZmtpClientTransport,
} from "./zmtp_client_transport.ts";
export {
  createZmtpReplicaTransport,
  type ZmtpPeer,
  type ZmtpReplicaOptions,
  type ZmtpReplicaTransport,
} from "./zmtp_replica_transport.ts";
