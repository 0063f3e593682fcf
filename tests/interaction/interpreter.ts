/**
 * Runs a transcript's commands on a simulated cluster and prints what happened. Commands, one a line:
 *
 *     cluster replicas=4 [seed=N]         elapse MS                      show
 *     until commit=N|leader=ID|quiet [on=r1,r2] [max=MS]
 *     request C SEQ KEY VALUE to=ID,… [floor=N] [intervene]
 *     crash ID        restart ID          lose [from=ID,…] [to=ID,…] [kind=K,…]        heal
 *     equivocate ID victims=ID,…          deaf ID client=C               honest ID
 */
import type { ReplicaId } from "../../protocol/ids.ts";
import type { Packet } from "../../protocol/packet.ts";
import { encodeKvCommand } from "../../state_machine/mod.ts";
import { equivocator } from "../simulation/nodes/equivocator.ts";
import { SimCluster } from "../simulation/nodes/sim_cluster.ts";
import { describeState } from "./describe.ts";
import { Transcript } from "./transcript.ts";

interface Rule {
  readonly from: readonly string[] | null;
  readonly to: readonly string[] | null;
  readonly kind: readonly string[] | null;
}

export class Interpreter {
  #cluster: SimCluster | null = null;
  #lines: string[] = [];
  #rules: Rule[] = [];
  readonly #deaf = new Map<string, string>();
  readonly #transcript = new Transcript((line) => this.#lines.push(line));

  /** Runs one command and returns what it printed. */
  run(line: string): string {
    this.#lines = [];
    const [name = "", ...words] = line.split(" ");
    const options = new Map(words.filter((w) => w.includes("=")).map((w) => w.split("=", 2) as [string, string]));
    const plain = words.filter((w) => !w.includes("="));
    this.#dispatch(name, plain, options);
    return this.#lines.map((text) => `${text}\n`).join("") || "ok\n";
  }

  get cluster(): SimCluster {
    if (!this.#cluster) throw new Error("the first command must be: cluster");
    return this.#cluster;
  }

  #dispatch(name: string, plain: readonly string[], options: ReadonlyMap<string, string>): void {
    const [first = "", ...rest] = plain;
    const list = (key: string): string[] | null => options.get(key)?.split(",") ?? null;
    const commands: Record<string, () => void> = {
      cluster: () => this.#create(Number(options.get("replicas")), Number(options.get("seed") ?? 1)),
      elapse: () => void this.cluster.elapse(Number(first)),
      until: () => this.#until(first, options, list("on")),
      show: () => this.#show(),
      request: () => this.#request(first, rest, options, list("to") ?? []),
      crash: () => this.#crash(first),
      restart: () => this.cluster.start(first),
      lose: () => void this.#rules.push({ from: list("from"), to: list("to"), kind: list("kind") }),
      heal: () => void (this.#rules = []),
      equivocate: () => this.#equivocate(first, list("victims") ?? []),
      deaf: () => void this.#deaf.set(first, options.get("client") ?? ""),
      honest: () => this.#honest(first),
    };
    const command = commands[name];
    if (!command) throw new Error(`unknown command ${name}`);
    command();
  }

  #create(replicas: number, seed: number): void {
    this.#cluster = new SimCluster({
      replicas,
      seed,
      delay: (from, to, packet) => this.#isLost(from, to, packet) ? null : 1,
      hooks: {
        sent: (from, to, packet) => this.#sent(from, to, packet),
        handled: (at) => this.#changed(at),
      },
    });
  }

  #isLost(from: string, to: string, packet: Packet): boolean {
    if (packet.kind === "ForwardedRequest" && this.#deaf.get(to) === packet.signed.message.client) return true;
    return this.#rules.some((rule) =>
      (rule.from?.includes(from) ?? true) && (rule.to?.includes(to) ?? true) &&
      (rule.kind?.includes(packet.kind) ?? true)
    );
  }

  #sent(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void {
    const { state } = this.cluster.node(from);
    this.#transcript.sent(this.cluster.now, { from, state }, to, packet, (id) => this.#isLost(from, id, packet));
  }

  #changed(at: ReplicaId): void {
    for (const { from, reply } of this.cluster.replies.splice(0)) {
      this.#transcript.replied(this.cluster.now, from, reply);
    }
    this.#transcript.handled(this.cluster.now, at, this.cluster.node(at).state);
  }

  #show(): void {
    for (const [id, { state }] of this.cluster.nodes) {
      this.#transcript.line(this.cluster.now, id, `is ${state ? describeState(state) : "down"}`);
    }
  }

  #until(what: string, options: ReadonlyMap<string, string>, on: string[] | null): void {
    const { cluster } = this;
    const watched = (on ?? cluster.ids).map((id) => cluster.node(id)).filter(({ state }) => state !== null);
    const commit = Number(options.get("commit") ?? Infinity);
    const leader = options.get("leader");
    const holds = (): boolean =>
      watched.every(({ state }) => {
        if (!state) return true;
        if (leader) return state.term.leader === leader;
        if (what === "settled") return state.term.leader !== null && state.log.entries.length === state.commitIndex;
        return state.commitIndex >= commit && state.appliedIndex >= commit;
      });
    const held = cluster.elapse(Number(options.get("max") ?? 20_000), holds);
    if (!held) throw new Error(`gave up waiting for ${[...options].join(" ")} ${what}\n${this.#lines.join("\n")}`);
  }

  #request(
    client: string,
    words: readonly string[],
    options: ReadonlyMap<string, string>,
    to: readonly string[],
  ): void {
    const [number = "0", key = "", value = ""] = words;
    const command = encodeKvCommand({ op: "put", key, value: new TextEncoder().encode(value) });
    const floor = Number(options.get("floor") ?? 0);
    const request = this.cluster.signRequest(client, Number(number), floor, command);
    for (const id of to) {
      if (this.#deaf.get(id) !== client) this.cluster.request(id, request, words.includes("intervene"));
    }
  }

  #crash(id: string): void {
    this.cluster.node(id).crash();
    this.#transcript.forget(id);
  }

  #equivocate(id: string, victims: readonly string[]): void {
    this.cluster.node(id).corrupt = equivocator(id, victims);
  }

  #honest(id: string): void {
    this.cluster.node(id).corrupt = null;
    this.#deaf.delete(id);
  }
}
