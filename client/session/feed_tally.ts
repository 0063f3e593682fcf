/**
 * The feeds of replicas as one history (§7.6): each tells its own, and a position is passed once enough of them say the same of all up to
 * it. Pure.
 */
import { equalBytes } from "../../protocol/bytes/equal_bytes.ts";
import type { FeedAnswer, FeedEvent } from "../../protocol/operations/feed.ts";

/** One replica's answer to a question for what happened behind a position. */
export interface FeedSaid extends Omit<FeedAnswer, "reason"> {
  /** The reason of a refusal. */
  readonly reason: string;
}

/** Bytes of events of one replica that wait for others to say the same; it is not asked for more meanwhile. */
export const MAX_WAITING_BYTES = 1024 * 1024;

/** The feed of one replica, beyond the position passed. */
interface Voice {
  /** It told all up to here. */
  through: number;
  /** Ascending. */
  events: FeedEvent[];
  bytes: number;
  /** The oldest position it keeps, where that is beyond what it was asked for. */
  oldest: number | null;
  refusal: string | null;
}

const newVoice = (through: number): Voice => ({ through, events: [], bytes: 0, oldest: null, refusal: null });

/** Feeds of the replicas of one epoch. `needed` of them, f + 1, include one that does not lie. */
export class FeedTally {
  #needed: number;
  #voices: Map<string, Voice>;
  #through: number;
  #passed: FeedEvent[] = [];

  /** Begins behind position `after`. */
  constructor(replicas: Iterable<string>, needed: number, after: number) {
    this.#needed = needed;
    this.#through = after;
    this.#voices = voicesOf(replicas, after);
  }

  /** Position up to which all events are known. */
  get through(): number {
    return this.#through;
  }

  /** The oldest position that is kept, once enough replicas said that what comes next is gone; else null. */
  get oldest(): number | null {
    const all = [...this.#voices.values()].flatMap(({ oldest }) => oldest === null ? [] : [oldest]);
    // The lowest that one honest replica among them may have meant.
    return all.length < this.#needed ? null : all.sort((a, b) => a - b)[this.#needed - 1]!;
  }

  /** A reason, once enough replicas refused with it; else null. */
  get refusal(): string | null {
    const count = new Map<string, number>();
    for (const { refusal } of this.#voices.values()) {
      if (refusal === null) continue;
      const given = (count.get(refusal) ?? 0) + 1;
      if (given >= this.#needed) return refusal;
      count.set(refusal, given);
    }
    return null;
  }

  /** Returns the position behind which a replica is to be asked; null while it has said enough that others have not. */
  askBehind(replica: string): number | null {
    const voice = this.#voices.get(replica);
    if (voice === undefined || voice.bytes >= MAX_WAITING_BYTES) return null;
    return Math.max(voice.through, this.#through);
  }

  /** Takes the answer of a replica that was asked for what came behind `after`. Returns false if no honest replica gives it. */
  take(replica: string, after: number, answer: FeedSaid): boolean {
    const voice = this.#voices.get(replica);
    if (voice === undefined) return true;
    // Others may have passed positions since it was asked.
    const known = Math.max(voice.through, this.#through);
    voice.refusal = answer.kind === "refused" ? answer.reason : null;
    voice.oldest = answer.kind === "gone" && answer.position > known + 1 ? answer.position : null;
    if (answer.kind === "refused") return true;
    if (answer.kind === "gone") return answer.position > after + 1;
    if (!isOrdered(after, answer)) return false;
    if (after > known || answer.position <= known) return true;
    voice.through = answer.position;
    for (const event of answer.events) {
      if (event.position <= known) continue;
      voice.events.push(event);
      voice.bytes += event.value.length;
    }
    while (this.#pass());
    return true;
  }

  /** Returns the events passed since the last call, in their order. */
  drain(): FeedEvent[] {
    return this.#passed.splice(0);
  }

  /** Begins anew with other replicas, behind what was passed: what those before said counts no more (§13.12). */
  adopt(replicas: Iterable<string>, needed: number): void {
    this.#needed = needed;
    this.#voices = voicesOf(replicas, this.#through);
  }

  /** Passes the next event that enough replicas agree on, or positions at which enough say there is none. Returns whether anything was passed. */
  #pass(): boolean {
    const next = this.#agreed();
    if (next !== null) {
      this.#passed.push(next);
      return this.#moveTo(next.position);
    }
    const silences = [...this.#voices.values()].map(({ events, through }) =>
      events[0] ? events[0].position - 1 : through
    );
    const silent = silences.sort((a, b) => b - a)[this.#needed - 1] ?? this.#through;
    return silent > this.#through && this.#moveTo(silent);
  }

  /** Returns the event that enough replicas have next, or null. No two can be: among those of each is one that does not lie. */
  #agreed(): FeedEvent | null {
    const heads = [...this.#voices.values()].flatMap(({ events: [first] }) => first ?? []);
    for (const head of heads) {
      if (heads.filter((other) => isSame(head, other)).length >= this.#needed) return head;
    }
    return null;
  }

  #moveTo(position: number): true {
    this.#through = position;
    for (const voice of this.#voices.values()) {
      while (voice.events[0] !== undefined && voice.events[0].position <= position) {
        voice.bytes -= voice.events.shift()!.value.length;
      }
      if (voice.oldest !== null && voice.oldest <= position + 1) voice.oldest = null;
    }
    return true;
  }
}

const voicesOf = (replicas: Iterable<string>, through: number): Map<string, Voice> =>
  new Map(Array.from(replicas, (replica) => [replica, newVoice(through)]));

const isSame = (a: FeedEvent, b: FeedEvent): boolean => a.position === b.position && equalBytes(a.value, b.value);

/** Positions ascend, behind `after` and up to the one through which they are complete; an answer without any news is no honest one's but to end a wait. */
function isOrdered(after: number, { position, events }: FeedSaid): boolean {
  let last = after;
  for (const event of events) {
    if (event.position <= last) return false;
    last = event.position;
  }
  return position >= last;
}
