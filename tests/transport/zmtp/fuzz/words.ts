/** Words of the other side: an honest beginning, traffic of all kinds, and then whatever chance does to both. */
import { headerBytes, writeHeader } from "../../../../transport/zmtp/connection/framing/frame_header.ts";
import { MAC_BYTES, opened, sealed } from "../../../../transport/zmtp/crypto/curve_box.ts";
import { bytes, uint64 } from "../hostile_lab.ts";
import type { Base, Session } from "./bases.ts";
import type { Random } from "./random.ts";

const NAMES = [
  "PING",
  "PONG",
  "SUBSCRIBE",
  "CANCEL",
  "ERROR",
  "READY",
  "HELLO",
  "INITIATE",
  "WELCOME",
  "MESSAGE",
  "JOIN",
];
const SIZES = [0, 1, 2, 8, 16, 17, 100, 222, 254, 255, 256, 300, 1000, 2999, 3000, 3001];
const HUGE = [
  2n ** 16n,
  2n ** 31n,
  2n ** 32n,
  2n ** 32n + 4n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 38n,
  2n ** 64n - 1n,
];

/** Returns all that is said to one connection of this kind. */
export function wordsFor(base: Base, random: Random): Uint8Array {
  const words = [...base.words];
  if (base.session !== null && random.onceIn(4)) words.push(resealed(words.pop()!, base.session, random));
  for (let count = random.below(8), nonce = 10n; count > 0; count--) {
    nonce += BigInt(random.below(3));
    words.push(traffic(base.session, random, nonce));
  }
  // Half of all words are honest up to a point, so that what lies behind is reached.
  if (random.onceIn(2)) disorder(words, random);
  const whole = bytes(...words);
  return random.onceIn(2) ? damaged(whole, random) : whole;
}

/**
 * Changes what the last word of a handshake holds, INITIATE or READY, and seals it again: what comes from somebody who has a key and lies.
 */
function resealed(word: Uint8Array, { box, key, letter }: Session, random: Random): Uint8Array {
  const name = letter === "C" ? "INITIATE" : "READY";
  const nonceAt = headerBytes(word.length) + 1 + name.length + (letter === "C" ? 96 : 0);
  const [counter, boxed] = [word.subarray(nonceAt, nonceAt + 8), word.subarray(nonceAt + 8)];
  const nonce = bytes(`CurveZMQ${name}`.padEnd(16, "-"), counter);
  const content = opened(box, key, nonce, boxed);
  if (content === null) throw new Error(`${name} does not open`);
  // Not more often in the long keys than in the short metadata behind them.
  const at = random.onceIn(2) ? random.below(content.length) : Math.max(0, content.length - 1 - random.below(24));
  const changed = content.with(at, random.below(256));
  return bytes(word.subarray(0, nonceAt), counter, sealed(box, key, nonce, changed));
}

function traffic(session: Session | null, random: Random, nonce: bigint): Uint8Array {
  if (random.onceIn(30)) return random.bytes(random.below(40));
  if (random.onceIn(30)) return bytes(random.pick([2, 3, 6]), uint64(random.pick(HUGE)));
  const isCommand = random.onceIn(3);
  const body = isCommand ? commandBody(random) : new Uint8Array(random.pick(SIZES)).fill(random.below(3));
  const odd = random.onceIn(20) ? random.below(256) : 0;
  if (session === null) return framed(((isCommand ? 4 : random.below(2)) ^ odd) & ~2, body);
  return framed(
    random.onceIn(20) ? random.below(256) & ~2 : 0,
    message(session, (isCommand ? 2 : random.below(2)) ^ odd, body, nonce),
  );
}

function commandBody(random: Random): Uint8Array {
  const name = random.pick(NAMES);
  const length = random.onceIn(10) ? random.below(256) : name.length;
  return bytes(length, name, random.bytes(random.pick([0, 0, 2, 4, 18, 19, 250])));
}

function message({ box, key, letter }: Session, inner: number, body: Uint8Array, nonce: bigint): Uint8Array {
  const counter = uint64(nonce);
  const boxed = sealed(box, key, bytes(`CurveZMQMESSAGE${letter}`, counter), bytes(inner, body));
  return bytes(7, "MESSAGE", counter, boxed.subarray(0, MAC_BYTES), boxed.subarray(MAC_BYTES));
}

function framed(flags: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerBytes(body.length) + body.length);
  frame.set(body, writeHeader(frame, 0, flags, body.length));
  return frame;
}

/** Leaves words out, says them twice, or changes their order. */
function disorder(words: Uint8Array[], random: Random): void {
  const [one, other] = [random.below(words.length), random.below(words.length)];
  switch (random.below(4)) {
    case 0:
      words.splice(one, 1);
      break;
    case 1:
      words.splice(one, 0, words[other]!);
      break;
    case 2:
      [words[one], words[other]] = [words[other]!, words[one]!];
      break;
    default:
      words.length = one;
  }
}

/** Changes, leaves out or puts in a few bytes. */
function damaged(whole: Uint8Array, random: Random): Uint8Array {
  let result: Uint8Array = whole.slice();
  for (let count = 1 + random.below(3); count > 0 && result.length > 0; count--) {
    const at = random.below(result.length);
    switch (random.below(4)) {
      case 0:
        result[at]! ^= 1 << random.below(8);
        break;
      case 1:
        result[at] = random.pick([0, 1, 2, 4, 127, 128, 255]);
        break;
      case 2:
        result = bytes(result.subarray(0, at), result.subarray(at + 1 + random.below(8)));
        break;
      default:
        result = bytes(result.subarray(0, at), random.bytes(1 + random.below(8)), result.subarray(at));
    }
  }
  return result;
}
