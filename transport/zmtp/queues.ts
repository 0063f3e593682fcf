/**
 * Bounds of what waits to be written, by where it goes: messages and bytes of one connection. A further message is dropped and counted; one always fits, however large.
 *
 * All connections of a port together keep at most {@linkcode MAX_QUEUED_BYTES}.
 */
export const ZMTP_QUEUES = {
  /** To one peer; also dropped while it is not connected. */
  peerMessages: 256,
  peerBytes: 64 * 1024 * 1024,
  /** To one subscriber. */
  publishMessages: 1024,
  publishBytes: 32 * 1024 * 1024,
  /** To one client. */
  clientMessages: 64,
  clientBytes: 16 * 1024 * 1024,
  /** A client's requests to one replica, connected or not. */
  requestMessages: 512,
  requestBytes: 64 * 1024 * 1024,
};
export type ZmtpQueues = typeof ZMTP_QUEUES;

/** Bytes of messages, unfinished or not taken yet, that the connections of one port may hold together: 32 of the largest, or as many small ones as there are connections. */
export const MAX_HELD_BYTES = 128 * 1024 * 1024;

/** Bytes that the connections of one port may have queued together; beyond, the connection ends to which nothing could be written for longest. */
export const MAX_QUEUED_BYTES = 256 * 1024 * 1024;
