import type { CloseCause } from "../connection/violation.ts";

/** An established connection, as a socket uses it. */
export interface Link {
  /** Named by the socket it belongs to: a route, or the id of the one behind it. */
  tag: string;
  /** The name of the other side's key; null where nobody is authenticated. */
  readonly peer: string | null;
  /** True if the other side has subscribed. */
  readonly isSubscribed: boolean;
  /** Returns the next message. If there is none, the connection is read on, and its owner hears when one has come. */
  take(): Uint8Array[] | null;
  /** Queues a message, which leaves at the end of this turn. False, if the queue is full. */
  send(frames: readonly Uint8Array[]): boolean;
  /** Has what is queued leave now. */
  flush(): void;
  /** Subscribes to everything. */
  subscribe(): void;
  /** Reads no more and looks at nothing that has been read, until {@linkcode release}. Its owner takes nothing meanwhile. */
  hold(): void;
  /** Goes on where it was held; its owner hears if there is a message. */
  release(): void;
  close(cause: CloseCause): void;
}

/** The socket that a connection belongs to. */
export interface LinkOwner {
  /** The connection is established. */
  opened(link: Link): void;
  /** It has a message. Told once until {@linkcode Link.take} has returned null. */
  readable(link: Link): void;
  /** Messages were dropped because they exceeded a limit. */
  refused(count: number): void;
  /** It has ended; told of those that were opened only. */
  ended(link: Link): void;
}

/** Counters of one socket; all only increase. */
export interface SocketCounters {
  received: number;
  sent: number;
  /** Not sent because a queue was full. */
  full: number;
  /** Not sent because nobody is connected, or there any more. */
  unreachable: number;
  /** Received messages beyond the limits, or where none is expected. */
  refused: number;
}

/** Returns counters at zero. */
export const zeroCounters = (): SocketCounters => ({ received: 0, sent: 0, full: 0, unreachable: 0, refused: 0 });
