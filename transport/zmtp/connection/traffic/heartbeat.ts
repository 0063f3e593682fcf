import { joined } from "../ascii.ts";
import { command } from "../command.ts";
import { MAX_PING_CONTEXT_BYTES } from "../limits.ts";
import { Violation } from "../violation.ts";

/** Times of silence, in milliseconds. */
export interface HeartbeatTimes {
  /** Of the other side, after which it is asked. */
  readonly pingAfterMs: number;
  /** Of the other side, after which the connection ends. */
  readonly deadAfterMs: number;
  /** Without a byte written while some wait, after which the connection ends. */
  readonly stalledAfterMs: number;
}

const TTL_BYTES = 2;
const TTL_UNIT_MS = 100;

/** Notices that the other side is gone: whatever it sends is a sign of life, and a PING asks for one. */
export class Heartbeat {
  readonly #times: HeartbeatTimes;
  #heardAt: number;
  #hasAsked = false;
  #askedAt: number;
  /** Silence after which the other side says of itself that it is gone. */
  #theirTtlMs = Infinity;

  constructor(times: HeartbeatTimes, now: number) {
    this.#times = times;
    this.#heardAt = this.#askedAt = now;
  }

  heard(now: number): void {
    this.#heardAt = now;
    this.#hasAsked = false;
  }

  /**
   * Returns a PING if it is time for one. Throws a {@linkcode Violation} if the other side has been silent for too long.
   *
   * While this side does not read, because nobody takes what has come, silence says nothing; but then it cannot answer PINGs either, so its own tell
   * the other side that it lives.
   */
  tick(now: number, isReading: boolean): Uint8Array | null {
    if (!isReading) this.heard(now);
    const silentMs = now - this.#heardAt;
    const dead = Math.min(this.#times.deadAfterMs, this.#theirTtlMs);
    if (silentMs >= dead) {
      throw new Violation("silent", `Nothing was heard for ${Math.round(silentMs)} ms, want ${dead}`);
    }
    const isDue = isReading ? silentMs >= this.#times.pingAfterMs && !this.#hasAsked : this.#isToldDue(now);
    if (!isDue) return null;
    this.#hasAsked = true;
    this.#askedAt = now;
    const ttl = Math.min(0xffff, Math.ceil(this.#times.deadAfterMs / TTL_UNIT_MS));
    return command("PING", Uint8Array.of(ttl >>> 8, ttl));
  }

  #isToldDue(now: number): boolean {
    return now - this.#askedAt >= this.#times.pingAfterMs;
  }

  /** Takes what came with a PING and returns the PONG. Throws a {@linkcode Violation}. */
  answer(data: Uint8Array): Uint8Array {
    if (data.length < TTL_BYTES) throw new Violation("command", "A PING without its time to live");
    const context = data.subarray(TTL_BYTES);
    checkContext(context);
    const ttl = (data[0]! << 8) | data[1]!;
    this.#theirTtlMs = ttl === 0 ? Infinity : ttl * TTL_UNIT_MS;
    return command("PONG", joined(context));
  }

  /** Judges a PONG; that it came is all it says. */
  checkAnswer(context: Uint8Array): void {
    checkContext(context);
  }
}

function checkContext({ length }: Uint8Array): void {
  if (length <= MAX_PING_CONTEXT_BYTES) return;
  throw new Violation("command", `A context of ${length} bytes, want at most ${MAX_PING_CONTEXT_BYTES}`);
}
