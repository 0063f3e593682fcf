/**
 * Where every ZeroMQ socket is made, so that options, bounds and security are one file's business.
 *
 * Only options that cannot fail go into a constructor: one that throws half-way leaves a socket that nobody can close and
 * that crashes the process when it ends. Whatever depends on a user's input is set afterwards.
 */
import { Dealer, Publisher, Router, Subscriber } from "zeromq";
import { LIMITS } from "../replica/core/limits.ts";
import { SYNCHRONOUS } from "./zmq_poll.ts";

/**
 * High-water marks: messages queued per connection before the rule of the socket applies. What is queued between two
 * processes is the sender's mark plus the receiver's plus the kernel's buffers. libzmq counts messages, not bytes, so
 * marks are small where messages may be large.
 */
export const HIGH_WATER_MARKS = {
  /** To one peer. Full or not connected: dropped and counted. */
  peerSend: 256,
  /** From one peer. Full: the peer's side fills up. */
  peerReceive: 256,
  /** To one subscriber. Full: dropped for that one, silently (libzmq does not tell); §5.7 repeats what matters. */
  publish: 1024,
  /** From one publisher. */
  subscribe: 1024,
  /** To one client. Full or gone: dropped and counted. */
  clientSend: 256,
  /** From one client. */
  clientReceive: 256,
  /** A client's requests to one replica; also kept while that replica cannot be reached. */
  requestSend: 512,
  /** Answers of one replica to one client. */
  requestReceive: 512,
};
export type HighWaterMarks = typeof HIGH_WATER_MARKS;

/** For all sockets beside their timeouts (see `zmq_poll.ts`). Times in milliseconds except TCP's own keep-alive, which is in seconds. */
const COMMON = {
  linger: 0,
  // Of one frame; a frame above it ends the connection it came over. The sum is checked on receipt.
  maxMessageSize: LIMITS.maxPacketBytes,
  handshakeInterval: 5000,
  heartbeatInterval: 2000,
  heartbeatTimeout: 10_000,
  heartbeatTimeToLive: 20_000,
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 30,
  tcpKeepaliveInterval: 10,
  tcpKeepaliveCount: 3,
} as const;

const CONNECTING = { connectTimeout: 2000, reconnectInterval: 50, reconnectMaxInterval: 1000 } as const;
const BINDING = { backlog: 512 } as const;

/** Takes what peers send to this replica. A peer that comes back takes its route over from its old connection. */
export function peerRouter(marks: HighWaterMarks): Router {
  // Nothing is ever sent through it.
  return new Router({
    ...COMMON,
    ...BINDING,
    ...SYNCHRONOUS,
    ...{ handover: true, mandatory: true, sendHighWaterMark: 1, receiveHighWaterMark: marks.peerReceive },
  });
}

/**
 * Sends to one peer. `immediate`: nothing is queued for a peer that is not connected, since what a peer missed for
 * minutes is repeated by the protocol anyway and old messages would only cost it verification.
 */
export function peerDealer(self: string, marks: HighWaterMarks): Dealer {
  // Nothing is ever read from it, so its receive queue is as small as it can be.
  return new Dealer({
    ...COMMON,
    ...CONNECTING,
    ...SYNCHRONOUS,
    ...{ routingId: self, immediate: true, sendHighWaterMark: marks.peerSend, receiveHighWaterMark: 1 },
  });
}

/** Publishes to all peers. */
export function publisher(marks: HighWaterMarks): Publisher {
  const { sendTimeout } = SYNCHRONOUS;
  return new Publisher({ ...COMMON, ...BINDING, sendTimeout, sendHighWaterMark: marks.publish });
}

/** Hears all peers, from the first message after its connection is up. */
export function subscriber(marks: HighWaterMarks): Subscriber {
  const { receiveTimeout } = SYNCHRONOUS;
  const socket = new Subscriber({ ...COMMON, ...CONNECTING, receiveTimeout, receiveHighWaterMark: marks.subscribe });
  socket.subscribe();
  return socket;
}

/** Serves clients. `mandatory` turns an answer that cannot be queued into an error, so that it is counted. */
export function clientRouter(marks: HighWaterMarks): Router {
  return new Router({
    ...COMMON,
    ...BINDING,
    ...SYNCHRONOUS,
    ...{ handover: true, mandatory: true },
    ...{ sendHighWaterMark: marks.clientSend, receiveHighWaterMark: marks.clientReceive },
  });
}

/** A client's line to one replica. Requests wait in its queue until the connection is up. */
export function clientDealer(routingId: string, marks: HighWaterMarks): Dealer {
  return new Dealer({
    ...COMMON,
    ...CONNECTING,
    ...SYNCHRONOUS,
    ...{ routingId, sendHighWaterMark: marks.requestSend, receiveHighWaterMark: marks.requestReceive },
  });
}
