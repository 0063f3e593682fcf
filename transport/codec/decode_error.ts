/** What every decoder of this folder throws, and the only thing it throws. */

/** Why bytes were refused; a stable word for counters and tests. */
export type DecodeErrorCode =
  /** The bytes end inside a field, or a count or length claims more than is left. */
  | "truncated"
  /** Bytes are left behind the last field. */
  | "trailing-bytes"
  /** A count, a length or the packet as a whole exceeds its limit. */
  | "too-large"
  /** A field holds what no honest encoder writes. */
  | "bad-value"
  /** A kind byte that no version 1 message or packet has. */
  | "unknown-kind"
  /** A version byte other than 1. */
  | "unknown-version"
  /** A known kind where another one is wanted, or one that may not travel on this channel. */
  | "wrong-kind"
  /** Not the number of frames this kind of packet has. */
  | "bad-frames";

/**
 * Bytes were refused. `where` names the message, the field and its byte offset; the message says what was wanted, in text of bounded
 * length. Whoever sends garbage decides how often this is thrown: one costs about 5 µs, a tenth of a signature's verification.
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
