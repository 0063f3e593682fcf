import { command } from "../command.ts";
import { Violation } from "../violation.ts";

const NO_TOPIC = new Uint8Array(0);
/** First bytes of the messages that stand for SUBSCRIBE and CANCEL in version 3.0. */
const SUBSCRIBE_BYTE = 1;
const CANCEL_BYTE = 0;

/** A subscriber as its publisher knows it: it has the one subscription there is, to everything, or it has not. */
export class Subscription {
  isOn = false;

  /** Takes a SUBSCRIBE or CANCEL. Throws a {@linkcode Violation} on a topic, or on what is there or not there already. */
  take(name: "SUBSCRIBE" | "CANCEL", topic: Uint8Array): void {
    if (topic.length > 0) throw new Violation("subscription", `A topic of ${topic.length} bytes, want none`);
    const isOn = name === "SUBSCRIBE";
    if (isOn === this.isOn) throw new Violation("subscription", `${name} a second time`);
    this.isOn = isOn;
  }

  /** Takes a message from the subscriber: the same in the words of version 3.0. */
  takeMessage(frames: readonly Uint8Array[]): void {
    const [first] = frames;
    const kind = first?.[0];
    if (frames.length !== 1 || (kind !== SUBSCRIBE_BYTE && kind !== CANCEL_BYTE)) {
      throw new Violation("subscription", "A message from a subscriber, want subscriptions alone");
    }
    this.take(kind === SUBSCRIBE_BYTE ? "SUBSCRIBE" : "CANCEL", first!.subarray(1));
  }
}

/** Returns the command that subscribes to everything. */
export const subscribeCommand = (): Uint8Array => command("SUBSCRIBE", NO_TOPIC);

/** Returns the message that does so in version 3.0. */
export const subscribeMessage = (): Uint8Array => Uint8Array.of(SUBSCRIBE_BYTE);
