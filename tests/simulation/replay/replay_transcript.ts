/** The transcript of a replayed core: its inputs, outputs, answers and states. The protocol repeats itself a lot; this does not. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { senderOf } from "../../../protocol/signatures.ts";
import type { Input } from "../../../replica/core/input.ts";
import type { Outgoing, Outputs } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { Verdict } from "../../../replica/core/verdict.ts";
import { describePacket, describeReply, describeState } from "../../interaction/describe.ts";
import { describeInput, describeUnsigned } from "./describe_input.ts";

const TIME_WIDTH = 9;
/** Inputs without content of their own. */
const TURNS_OF_THE_LOOP: ReadonlySet<Input["kind"]> = new Set(["tick", "flush", "apply", "snapshot"]);

export class ReplayTranscript {
  readonly #state: CoreState;
  readonly #self: ReplicaId;
  readonly #startedAt: Millis;
  readonly #print: (line: string) => void;
  /** Last text of each sender, kind and receivers. */
  readonly #last = new Map<string, string>();
  #shown = "";

  /** Times are milliseconds since `startedAt`. */
  constructor(state: CoreState, startedAt: Millis, print: (line: string) => void) {
    this.#state = state;
    this.#self = state.config.self;
    this.#startedAt = startedAt;
    this.#print = print;
    this.#showState(startedAt);
  }

  /** Writes one step; `outputs` is null if the core gave up. */
  step(input: Input, outputs: Outputs | null): void {
    this.#showInput(input, outputs?.verdict ?? null);
    if (outputs === null) return this.#line(input.now, "gives up");
    for (const message of outputs.messages) this.#showMessage(message, input.now);
    for (const reply of outputs.replies) this.#line(input.now, describeReply(reply));
    this.#showState(input.now);
  }

  #showInput(input: Input, verdict: Verdict | null): void {
    if (TURNS_OF_THE_LOOP.has(input.kind)) return;
    if (input.kind === "packet" && this.#isNoNews(input)) return;
    const refused = verdict === null || verdict.verdict === "accept" ? "" : ` (${verdict.verdict}: ${verdict.code})`;
    this.#line(input.now, `${describeInput(input)}${refused}`);
  }

  #isNoNews({ packet }: Extract<Input, { kind: "packet" }>): boolean {
    const sender = senderOf(packet);
    // A replica's packets to itself were written when it sent them; for a faulty one this shows what it made of them.
    if (sender === this.#self) return this.#isRepeated(`${packet.kind} said`, describePacket(packet));
    const idle = packet.kind === "AppendEntries" && packet.entries.length === 0 && packet.proof === null;
    return idle || this.#isRepeated(`${packet.kind} ${sender}`, describePacket(packet));
  }

  #showMessage({ to, packet }: Outgoing, now: Millis): void {
    const text = describeUnsigned(packet);
    const peers = to === "all" ? this.#state.config.replicas.filter((id) => id !== this.#self) : to;
    const receivers = peers.filter((id) => id !== this.#self).join(" ") || this.#self;
    this.#isRepeated(`${packet.kind} said`, text);
    const idle = packet.kind === "AppendEntries" && packet.entries.length === 0 && packet.proof === null;
    if (idle || this.#isRepeated(`${packet.kind} → ${receivers}`, text)) return;
    this.#line(now, `→ ${receivers}: ${text}`);
  }

  #isRepeated(what: string, text: string): boolean {
    if (this.#last.get(what) === text) return true;
    this.#last.set(what, text);
    return false;
  }

  #showState(now: Millis): void {
    const text = describeState(this.#state);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#line(now, `is ${text}`);
  }

  #line(now: Millis, text: string): void {
    this.#print(`${(now - this.#startedAt).toFixed(1).padStart(TIME_WIDTH)} ${this.#self} ${text}`);
  }
}
