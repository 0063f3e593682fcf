/**
 * Bounds of one connection. What a peer can make this side hold before it is authenticated is the first four; what it can afterwards is the
 * read buffer, one packet in assembly and the queue out.
 */
export interface ConnectionLimits {
  /** Bytes of one frame of a message. A larger one ends the connection as soon as its header is read. */
  readonly frameBytes: number;
  /** Bytes of all frames of one message. A larger message is dropped, and ends the connection if it goes on for as much again. */
  readonly packetBytes: number;
  /** Frames of one message; dropped beyond, like bytes. */
  readonly packetFrames: number;
  /** Messages, and bytes of what is encoded, that wait to be written. Beyond, nothing more is taken to be sent. */
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** Time for greeting and handshake, in milliseconds. */
  readonly handshakeMs: number;
}

/** Bytes of a greeting. */
export const GREETING_BYTES = 64;
/**
 * Bytes of the metadata in a READY or INITIATE. libzmq sends at most 290: a Socket-Type of 22 and an Identity of 13 and up to 255.
 */
export const MAX_METADATA_BYTES = 512;
/** Properties in it. */
export const MAX_PROPERTIES = 16;
/**
 * Bytes of one handshake command: an INITIATE, 9 bytes of name, 96 of cookie, 8 of nonce and a box of 16 + 32 + 96 bytes with the metadata. The order of
 * commands is fixed, so that a handshake has two from each side at most.
 */
export const MAX_HANDSHAKE_COMMAND_BYTES = 257 + MAX_METADATA_BYTES;
/** Bytes of a command in traffic: an ERROR with the longest reason; a subscription with a topic of as many bytes is refused for its topic. */
export const MAX_COMMAND_BYTES = 6 + 256;
/** Bytes of a PING's context, by the specification. */
export const MAX_PING_CONTEXT_BYTES = 16;
/**
 * Commands a connection may send: sustained rate, and at once. One that sends a PING every half a second and whose words of a minute come all at once
 * stays within it.
 */
export const COMMANDS_PER_SECOND = 64;
export const COMMAND_BURST = 128;

/** First size of a connection's read buffer: it holds a greeting and any handshake command, so a stranger costs no more. */
export const FIRST_READ_BYTES = 1024;
/** Largest read buffer. A connection whose reads fill its buffer is given twice as much next time. */
export const MAX_READ_BYTES = 64 * 1024;
/** Size up to which a frame's memory is set aside on the word of its header alone; beyond that it grows with what has come. */
export const TRUSTED_FRAME_BYTES = 64 * 1024;
/** Size up to which a message that waits to be taken is not counted among the bytes held: of each connection one may wait. */
export const SMALL_MESSAGE_BYTES = 16 * 1024;
/** Bytes of one write, unless a single frame has more. */
export const WRITE_BYTES = 64 * 1024;

/** Factor by which a message may exceed its limits, being dropped, before its connection is ended. */
export const DROPPED_FACTOR = 2;
