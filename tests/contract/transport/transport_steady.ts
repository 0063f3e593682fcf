/** Members for whom nothing changes, beside others who come and go. */
import { assertEquals } from "@std/assert";
import type { Channel, ClientTransport, Received, ReplicaTransport } from "../../../transport/port.ts";
import { frames, text, untilClientGets, untilReceived, untilReplicaGets } from "../../transport/receiving.ts";
import { connected, type TransportLab } from "./transport_lab.ts";

const CHANNELS = ["peer", "published", "client"] as const;
const STEADY = "steady";

const numberOf = ({ frames: [, second] }: Received) => new TextDecoder().decode(second);

/** A peer and a client of r1 for whom nothing changes. They number what they say, and so does r1 to the peer; nothing of it may be missing. */
export class Steady {
  readonly #r1: ReplicaTransport;
  readonly #r3: ReplicaTransport;
  readonly #c1: ClientTransport;
  readonly #heard = new Map<Channel, { readonly numbers: string[]; readonly routes: Set<string> }>();
  readonly #told: string[] = [];
  #said = 0;

  private constructor(r1: ReplicaTransport, r3: ReplicaTransport, c1: ClientTransport) {
    [this.#r1, this.#r3, this.#c1] = [r1, r3, c1];
  }

  /** Starts them, and waits until r1 hears them. */
  static async start(lab: TransportLab, r1: ReplicaTransport): Promise<Steady> {
    const r3 = await lab.replica("r3", { peers: ["r1"] });
    const c1 = await lab.client({ replicas: ["r1"] });
    const says: readonly (readonly [Channel, () => void])[] = [
      ["peer", () => r3.sendToPeer("r1", frames("hello"))],
      ["published", () => r3.publish(frames("hello"))],
      ["client", () => c1.send("r1", frames("hello"))],
    ];
    for (const [channel, say] of says) {
      await untilReplicaGets(`${channel} of r3 and c1`, r1, (message) => message.channel === channel, say);
    }
    await connected(r1, "r3", r3);
    return new Steady(r1, r3, c1);
  }

  /** Has them say something each, does `act`, and returns what r1 hears of others. */
  async others(act: () => void): Promise<Received[]> {
    const said = frames(STEADY, `${this.#said++}`);
    this.#r3.sendToPeer("r1", said);
    this.#r3.publish(said);
    this.#c1.send("r1", said);
    this.#r1.sendToPeer("r3", said);
    act();
    await this.#listen();
    return (await this.#r1.receive(20, 64)).filter((message) => !this.#take(message));
  }

  /** Repeats `act` until r1 hears something of others that is `wanted`. */
  untilOther(what: string, wanted: (message: Received) => boolean, act: () => void = () => {}): Promise<Received> {
    return untilReceived(what, async () => (await this.others(act)).find(wanted) ?? null);
  }

  /** Throws unless everything came, in order and each over one connection, and r1 reaches them as before. */
  async assertWhole(): Promise<void> {
    await untilReceived("all that was said", async () => {
      for (const message of await this.#r1.receive(20, 64)) this.#take(message);
      await this.#listen();
      const isAll = this.#told.length === this.#said &&
        CHANNELS.every((channel) => this.#heard.get(channel)?.numbers.length === this.#said);
      return isAll ? true : null;
    });
    const ascending = Array.from({ length: this.#said }, (_, place) => `${place}`);
    for (const channel of CHANNELS) {
      const { numbers, routes } = this.#heard.get(channel)!;
      assertEquals([numbers, routes.size], [ascending, 1], channel);
    }
    assertEquals(this.#told, ascending);
    const [route = ""] = this.#heard.get("client")!.routes;
    this.#r1.sendToClient(route, frames("answer"));
    await untilClientGets("its answer", this.#c1, (message) => text(message) === "answer");
  }

  async #listen(): Promise<void> {
    const heard = (await this.#r3.receive(0, 1000)).filter((message) => text(message) === STEADY);
    this.#told.push(...heard.map(numberOf));
  }

  #take(message: Received): boolean {
    if (text(message) !== STEADY) return text(message) === "hello";
    const heard = this.#heard.get(message.channel) ?? { numbers: [], routes: new Set() };
    heard.numbers.push(numberOf(message));
    heard.routes.add(message.route);
    this.#heard.set(message.channel, heard);
    return true;
  }
}
