/** The error thrown by every decoder of this folder; they throw nothing else. */

/** Reason that bytes were refused; a stable word for counters and tests. */
export type DecodeErrorCode =
  /** The bytes end inside a field, or a count or length claims more than is left. */
  | "truncated"
  /** Bytes are left after the last field. */
  | "trailing-bytes"
  /** A count, a length or the packet as a whole exceeds its limit. */
  | "too-large"
  /** A field holds what no honest encoder writes. */
  | "bad-value"
  /** A kind byte that no version 1 message or packet has. */
  | "unknown-kind"
  /** A version byte other than 1. */
  | "unknown-version"
  /** A known kind where another one is expected, or one that may not be sent on this channel. */
  | "wrong-kind"
  /** A number of frames other than this kind of packet has. */
  | "bad-frames";

/**
 * Thrown when bytes are refused. `where` names the message, the field and its byte offset; the message says what was wanted, in text of
 * bounded length. A peer that sends garbage decides how often this is thrown: each costs about 5 µs, a tenth of verifying a signature.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly code: DecodeErrorCode;
  readonly where: string;

  constructor(code: DecodeErrorCode, where: string, wanted: string) {
    super(`${where}: ${wanted}`);
    this.code = code;
    this.where = where;
  }
}
