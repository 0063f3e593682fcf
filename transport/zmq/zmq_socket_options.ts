/**
 * Creates every ZeroMQ socket, so that options, bounds and security are one file's business.
 *
 * Only options that cannot fail go into a constructor: one that throws half-way leaves a socket that nobody can close and
 * that crashes the process when it ends. Whatever depends on a user's input is set afterwards.
 */
import { Dealer, Publisher, Router, Subscriber } from "zeromq";
import { MAX_PACKET_BYTES } from "../frame_limits.ts";
import { SYNCHRONOUS } from "./zmq_poll.ts";

/**
 * High-water marks: messages queued per connection before the rule of the socket applies. What is queued between two
 * processes is the sender's mark plus the receiver's plus the kernel's buffers.
 *
 * libzmq counts messages, not bytes, so the memory one connection can hold is its mark times the largest message, which
 * for what is received is one frame of {@linkcode MAX_PACKET_BYTES} (of up to `LIMITS.maxFrames`, whose sum should be no more):
 *
 * | from                     | mark | largest | one connection |
 * | ------------------------ | ---: | ------: | -------------: |
 * | a peer port              |   32 |   4 MiB |        128 MiB |
 * | a publisher              |   64 |   2 MiB |        128 MiB |
 * | a client port            |  256 | 128 KiB |         32 MiB |
 * | a replica, at its client |   32 |   4 MiB |        128 MiB |
 *
 * What is sent is of this replica's own making, about 1 MiB at most: 256 MiB for a peer that does not read (honest ones
 * are sent large packets a few at a time, §5.8; entries and chunks that a peer asks for come out of its budget of bytes, §8.1, §8.3),
 * 16 MiB for such a client. Publications to all share their bytes.
 *
 * Two things libzmq does not bound at all: the number of connections, for which the process's limit of open files stands in, and the
 * parts of a message. A message of endless parts, each within the limit, is kept until its last part, which never
 * comes; no option of libzmq ends that, and nothing here sees it (`docs/decisions/0004-waiting-on-zeromq.md`).
 */
export const HIGH_WATER_MARKS = {
  /** To one peer. Full or not connected: dropped and counted. */
  peerSend: 256,
  /** From one connection of a peer. Full: the peer's side fills up. */
  peerReceive: 32,
  /** To one subscriber. Full: dropped for that one, silently (libzmq does not tell); §5.7 repeats what matters. */
  publish: 1024,
  /** From one publisher. Full: the publisher's side fills up. */
  subscribe: 64,
  /** To one client. Full or gone: dropped and counted. */
  clientSend: 16,
  /** From one client. */
  clientReceive: 256,
  /** A client's requests to one replica; also kept while that replica cannot be reached. */
  requestSend: 512,
  /** Answers of one replica to one client. */
  requestReceive: 32,
};
export type HighWaterMarks = typeof HIGH_WATER_MARKS;

/**
 * For all sockets beside their timeouts (see `zmq_poll.ts`). Times in milliseconds except TCP's own keep-alive, which is in seconds.
 *
 * Without ZMTP heartbeats: their timers write to a connection without a look at whether it has failed, and libzmq 4.3.5 ends the process where
 * it has (`docs/decisions/0004-waiting-on-zeromq.md`). The kernel asks instead: a peer whose machine is gone is noticed after 5 + 3 × 2 seconds, as
 * quickly as heartbeats did, and one whose process merely stands still, which heartbeats cut off, is not. Keep-alive asks only where nothing
 * is on its way; for what is sent and never acknowledged the same 11 seconds hold by `tcpMaxRetransmitTimeout`, where the kernel's own patience is
 * a quarter of an hour.
 */
const COMMON = {
  linger: 0,
  handshakeInterval: 5000,
  heartbeatInterval: 0,
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 5,
  tcpKeepaliveInterval: 2,
  tcpKeepaliveCount: 3,
  tcpMaxRetransmitTimeout: 11_000,
} as const;

/**
 * Limit where nothing but a handshake is expected, and for a publisher a subscription. It is read and dropped all the same: a connection whose queue is
 * full is not looked at, so that its end would go unnoticed, and whoever comes back at its address with it.
 */
const STRAY = { maxMessageSize: 1024, receiveHighWaterMark: 64 } as const;
const CONNECTING = { connectTimeout: 2000, reconnectInterval: 50, reconnectMaxInterval: 1000 } as const;
const BINDING = { backlog: 512 } as const;

/** Limits on what may come in. A frame above the limit ends the connection it came over; the sum of frames is checked on receipt. */
function received(channel: keyof typeof MAX_PACKET_BYTES, receiveHighWaterMark: number) {
  return { maxMessageSize: MAX_PACKET_BYTES[channel], receiveHighWaterMark };
}

/**
 * Takes what peers send to this replica. Without `handover`: whoever claims the routing id of another connection is not
 * heard, instead of taking its route.
 */
export function peerRouter(marks: HighWaterMarks): Router {
  // Nothing is ever sent through it.
  return new Router({
    ...COMMON,
    ...BINDING,
    ...SYNCHRONOUS,
    ...received("peer", marks.peerReceive),
    sendHighWaterMark: 1,
  });
}

/**
 * Sends to one peer. `immediate`: nothing is queued for a peer that is not connected, since what a peer missed for
 * minutes is repeated by the protocol anyway and old messages would only cost it verification. It has no routing id: the
 * peer makes one up for each connection.
 */
export function peerDealer(marks: HighWaterMarks): Dealer {
  return new Dealer({
    ...COMMON,
    ...CONNECTING,
    ...SYNCHRONOUS,
    ...STRAY,
    ...{ immediate: true, sendHighWaterMark: marks.peerSend },
  });
}

/** Publishes to all peers. Subscriptions are all it takes in, and those of peers are for the empty topic. */
export function publisher(marks: HighWaterMarks): Publisher {
  const { sendTimeout } = SYNCHRONOUS;
  const { maxMessageSize } = STRAY;
  return new Publisher({ ...COMMON, ...BINDING, maxMessageSize, sendTimeout, sendHighWaterMark: marks.publish });
}

/** Hears one peer, from the first message after its connection is up. A socket for each, so that one who floods is known. */
export function subscriber(marks: HighWaterMarks): Subscriber {
  const { receiveTimeout } = SYNCHRONOUS;
  const bounds = received("published", marks.subscribe);
  const socket = new Subscriber({ ...COMMON, ...CONNECTING, ...bounds, receiveTimeout });
  socket.subscribe();
  return socket;
}

/**
 * Serves clients. `mandatory` turns an answer that cannot be queued into an error, so that it is counted. Without
 * `handover`, as for peers: a client that reconnects says hello again and is answered on its new route.
 */
export function clientRouter(marks: HighWaterMarks): Router {
  return new Router({
    ...COMMON,
    ...BINDING,
    ...SYNCHRONOUS,
    ...received("client", marks.clientReceive),
    ...{ mandatory: true, sendHighWaterMark: marks.clientSend },
  });
}

/** A client's line to one replica. Requests wait in its queue until the connection is up. */
export function clientDealer(marks: HighWaterMarks): Dealer {
  return new Dealer({
    ...COMMON,
    ...CONNECTING,
    ...SYNCHRONOUS,
    ...received("answer", marks.requestReceive),
    sendHighWaterMark: marks.requestSend,
  });
}
