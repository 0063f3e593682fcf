/** §8.2, §8.3: checkpoints, compaction and state transfer among whole replicas on a virtual network. */
import { assert, assertEquals } from "@std/assert";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";

const SMALL: Partial<ProtocolConstants> = { checkpointEvery: 8, logTail: 4 };

class Story {
  readonly cluster: SimCluster;
  #writes = 0;

  constructor(replicas = 4) {
    this.cluster = new SimCluster({ replicas, constants: SMALL });
    assert(this.cluster.elapse(20_000, () => this.leader() !== undefined), "no leader");
  }

  leader(): string | undefined {
    return this.cluster.ids.find((id) => this.cluster.node(id).state?.leadership);
  }

  up(): string[] {
    return this.cluster.ids.filter((id) => this.cluster.node(id).state);
  }

  /** Writes `count` keys, one after the other, each applied by all replicas that are up. */
  write(count: number, only: () => string[] = () => this.up()): void {
    for (let i = 0; i < count; i++) {
      const number = ++this.#writes;
      const command = encodeKvCommand({
        op: "put",
        key: `key ${number % 50}`,
        value: new Uint8Array(100).fill(number),
      });
      this.cluster.request(this.leader()!, this.cluster.signRequest("c1", number, number, command));
      const before = Math.max(...this.indexes("appliedIndex", only()));
      const applied = () => this.indexes("appliedIndex", only()).every((index) => index > before);
      assert(this.cluster.elapse(20_000, applied), `write ${number} was not applied by ${only()}`);
    }
  }

  indexes(field: "appliedIndex" | "commitIndex", ids = this.up()): number[] {
    return ids.map((id) => this.cluster.node(id).state![field]);
  }

  stable(id: string): number {
    return this.cluster.node(id).state!.checkpoints.stableProof?.stable.index ?? 0;
  }

  level(ids: string[]): boolean {
    const views = ids.map((id) => this.cluster.node(id).view());
    return views.every((view) => view.digest === views[0]!.digest && view.appliedIndex === views[0]!.appliedIndex);
  }
}

Deno.test("§8.2h every K entries replicas agree on a checkpoint and drop the entries below it but for a tail", () => {
  const story = new Story();
  story.write(40);
  assert(story.cluster.elapse(5000, () => story.up().every((id) => story.stable(id) === 40)), "no stable checkpoint");
  for (const id of story.up()) {
    const { log } = story.cluster.node(id).state!;
    assertEquals([log.base.index, log.entries[0]!.entry.index], [36, 37] as never[]);
    assertEquals(story.cluster.node(id).disk.entries.length, log.entries.length);
  }
});

Deno.test("§8.2 a restart begins at the stable checkpoint and applies only what comes after it", () => {
  const story = new Story();
  story.write(43);
  const node = story.cluster.node(story.up().find((id) => id !== story.leader())!);
  assert(story.cluster.elapse(5000, () => story.stable(node.id) === 40));
  const before = node.view();
  node.crash();
  node.start();
  assertEquals(Number(node.state!.appliedIndex), 40);
  assert(story.cluster.elapse(5000, () => node.state!.appliedIndex >= before.appliedIndex));
  assert(story.level(story.up()), "the restarted replica has another state");
});

Deno.test("§8.3 a replica behind the oldest kept entry fetches the snapshot from several peers while writes go on", () => {
  const story = new Story();
  story.write(4);
  const laggard = story.up().find((id) => id !== story.leader())!;
  story.cluster.node(laggard).crash();
  story.write(60);
  story.cluster.start(laggard);
  story.write(10, () => story.up().filter((id) => id !== laggard));
  const caughtUp = () => story.level(story.up());
  assert(story.cluster.elapse(30_000, caughtUp), `applied ${story.indexes("appliedIndex")}`);
  assert(story.stable(laggard) >= 56, `stable is ${story.stable(laggard)}`);
  assertEquals(story.cluster.node(laggard).state!.transfer, null);
});

Deno.test("§8.3 a replica that was sent the snapshot serves it in turn, and survives a restart", () => {
  const story = new Story();
  const laggard = story.up().find((id) => id !== story.leader())!;
  story.cluster.node(laggard).crash();
  story.write(60);
  story.cluster.start(laggard);
  assert(story.cluster.elapse(30_000, () => story.level(story.up())), "no state transfer");
  story.cluster.node(laggard).crash();
  story.cluster.start(laggard);
  assert(story.cluster.elapse(10_000, () => story.level(story.up())), "not level after a restart");
});
