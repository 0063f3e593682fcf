/** Reasons for which a connection ends. */
export type CloseCode =
  /** The greeting is not one, or of an old version, or wants another mechanism or role than this side. */
  | "not-zmtp"
  | "version"
  | "mechanism"
  | "role"
  /** Framing that the specification rules out. */
  | "flags"
  | "frame-size"
  | "packet-size"
  | "command-size"
  /** The handshake: its order, its commands, what they say, its time. */
  | "handshake-order"
  | "handshake-command"
  | "metadata"
  | "socket-type"
  | "handshake-time"
  /** Cryptography: a box that is not genuine, a nonce that is not above the last, a vouch for somebody else. */
  | "box"
  | "nonce"
  | "vouch"
  /** The key is in no list here, or no longer; or the other side said ERROR. */
  | "not-admitted"
  | "refused-by-peer"
  /** Traffic: commands that are not known, too many of them, subscriptions that are not served. */
  | "command"
  | "command-rate"
  | "subscription"
  /** Content that those who understand it judge to be an offence. */
  | "offence"
  /** The other side is silent, does not read, has ended the connection, or the network has; or either has before the handshake was over. */
  | "silent"
  | "stalled"
  | "ended"
  | "network"
  | "unfinished"
  /** Made room for another connection, or for messages from or to others. */
  | "evicted"
  | "memory"
  /** This side has closed. */
  | "closed";

/** Codes of ends in traffic that only one who breaks the rules brings about. */
export const OFFENCES: ReadonlySet<CloseCode> = new Set<CloseCode>([
  ...["flags", "frame-size", "packet-size", "command-size"] as const,
  ...["box", "nonce", "command", "command-rate", "subscription", "offence"] as const,
]);

/** The cause of a connection's end. */
export interface CloseCause {
  readonly code: CloseCode;
  /** Says what was seen and what was wanted, for a log. */
  readonly detail: string;
}

/** Thrown inside the engine on what a peer may not send; the connection turns it into its {@linkcode CloseCause}. */
export class Violation extends Error implements CloseCause {
  override readonly name = "Violation";
  readonly code: CloseCode;
  readonly detail: string;
  /** Sent to the other side in an ERROR command before the end; null if it is told nothing. */
  readonly reason: string | null;

  constructor(code: CloseCode, detail: string, reason: string | null = null) {
    super(detail);
    this.code = code;
    this.detail = detail;
    this.reason = reason;
  }
}
