/** Signed bodies as they travel, and the brand of checked ones (§2.2). */

/** A value with its bytes, which whoever passes it on leaves unchanged; `message` is only the decoded view of `body`. */
export interface Encoded<M> {
  readonly message: M;
  readonly body: Uint8Array;
}

/**
 * A message with the very bytes that were signed (§2.2). A replica that passes it on passes `body` and `signature` unchanged; `message` is
 * only the decoded view of `body`.
 */
export interface Signed<M> extends Encoded<M> {
  readonly signature: Uint8Array;
}

export declare const verified: unique symbol;

/** The brand of values that ingress accepted: decoded strictly, with every listed signature checked. */
export type Verified<T> = T & { readonly [verified]: true };
