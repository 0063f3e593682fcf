/** Disks that a replica must not trust: damaged ones and old copies. It stops, says how to go on, and nothing is lost (§1.3, §8.4). */
import { assert, assertEquals } from "@std/assert";
import { deposeLeader } from "../../../tasks/support/change_leader.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { startCounting, writeMany } from "../support/workload.ts";
import { aFollower, comesBack, endsByItself, FLAGS, type Situation, withSituation } from "./lost_disk_scenario.ts";

const ASIDE = "replica.db.before-recovery-1";

Deno.test("a sound database is not given up for --recover; a damaged one ends the replica with 1, and is kept aside as it comes back", () =>
  withSituation(async (situation) => {
    const { cluster, client, observer } = situation;
    const load = startCounting(client, 2);
    await writeMany(client, 60, 2);
    const id = await aFollower(situation);
    await cluster.process(id).end();
    const sound = await endsByItself(situation, id, "--recover");
    assertEquals([sound.code, sound.reason], [1, "StorageError"], sound.message);
    assert(sound.message.includes("start without --recover"), sound.message);
    const path = `${cluster.dataDir(id)}/${lastSegment(cluster.dataDir(id))}`;
    const damaged = flipOneBit(Deno.readFileSync(path));
    await Deno.writeFile(path, damaged);
    for (let start = 0; start < 2; start++) {
      const { code, reason, message, events } = await endsByItself(situation, id);
      assertEquals([code, reason], [1, "StorageError"], message);
      assert(message.includes("--recover"), message);
      assertEquals(events.map(({ event }) => event), ["stopped"], "it took part for a while");
    }
    await writeMany(client, 20, 2);
    await load.stop();
    await comesBack(situation, id);
    await load.check(client);
    const aside = `${ASIDE}-${path.slice(path.lastIndexOf("/") + 1).replace("replica.", "")}`;
    assertEquals(await Deno.readFile(`${cluster.dataDir(id)}/${aside}`), damaged);
    assertEquals((await observer.statuses(cluster.ids)).length, 4);
  }));

const lastSegment = (dir: string): string =>
  [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) => name.startsWith("replica.log-")).toSorted().at(
    -1,
  )!;

/** Flips one bit in the middle of the records of a segment. */
function flipOneBit(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const changed = new Uint8Array(bytes);
  changed[Math.floor(bytes.findLastIndex((byte) => byte !== 0) / 2)]! ^= 1;
  return changed;
}

Deno.test("an old copy of a replica's own disk: it is shown what it forgot, stops, refuses a second start, and recovers", () =>
  withSituation(async (situation) => {
    const { cluster, client } = situation;
    await writeMany(client, 30, 2);
    const id = await aFollower(situation);
    const [dir, copy] = [cluster.dataDir(id), `${cluster.dir}/copy`];
    await cluster.process(id).end();
    await copyDirectory(dir, copy);
    await cluster.start(id, ...FLAGS);
    await takesPart(situation, id);
    await cluster.process(id).end();
    await Deno.remove(dir, { recursive: true });
    await copyDirectory(copy, dir);
    const load = startCounting(client, 2);
    const first = await endsByItself(situation, id);
    assertEquals([first.code, first.reason], [1, "StorageError"], first.message);
    assert(/out of date: .* --recover/.test(first.message), first.message);
    const second = await endsByItself(situation, id);
    assertEquals([second.code, second.events.map(({ event }) => event)], [1, ["stopped"]]);
    assert(/must not be used any more: .* --recover/.test(second.message), second.message);
    await load.stop();
    await load.check(client);
    await comesBack(situation, id);
    await load.check(client);
    assert((await Deno.stat(`${dir}/${ASIDE}`)).isFile);
  }));

/** Changes leaders until `id` has voted in two elections, so that proofs the others hold contain its signature. */
async function takesPart({ cluster, client, operator, observer }: Situation, id: string): Promise<void> {
  const load = startCounting(client, 2, { prefix: "elections" });
  await eventually(`${id} is level`, async () => {
    const statuses = await observer.statuses(cluster.ids);
    const own = statuses.find(({ replica }) => replica === id);
    return own !== undefined && own.leader !== null && statuses.every(({ term }) => term === own.term);
  }, 30_000);
  const votes = () => cluster.process(id).stderr.lines.filter((line) => /"event":"(vote|candidate)"/.test(line)).length;
  await eventually(`${id} takes part in two elections`, async () => {
    await deposeLeader(cluster, observer, operator);
    return votes() >= 2;
  }, 60_000);
  await load.stop();
}

async function copyDirectory(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
}
