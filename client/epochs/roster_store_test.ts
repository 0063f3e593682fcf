import { assert, assertEquals } from "@std/assert";
import { changeOf } from "../../crypto/roster/change_judge.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { Step } from "../../crypto/roster/verify_end.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { createSigner } from "../../crypto/signing/signing.ts";
import { clientId, logIndex, seq } from "../../protocol/ids.ts";
import { endOf, FakeEpochs, sealed, successorOf } from "../../tests/client/fake_epochs.ts";
import { newFakeRoster } from "../../tests/client/fake_roster.ts";
import { withTempDirectory } from "../../tests/support/temp_directory.ts";
import { MAX_STORE_BYTES, RosterStore } from "./roster_store.ts";

const { roster, keys } = newFakeRoster({});
const first = new FakeEpochs(roster, keys).newest;
const signer = createSigner(nobleBackend, Uint8Array.fromHex(keys.get("c1")!.secretKey), "fake");

/** Returns a step behind `before`, certified by these replicas. */
function stepFrom(before: SignedRoster, by = ["r1", "r2", "r3"]): Step {
  const next = successorOf(before, {}, keys.get("operator")!);
  const request = sealed(
    signer,
    {
      ...{ kind: "SendRequest", client: clientId("c1"), session: logIndex(1), seq: seq(1), floor: seq(1) },
      ...{ mode: "roster", command: changeOf(before, next) },
    } as const,
  );
  return { next, end: endOf(before, request, 10 * before.roster.epoch, by.map((id) => keys.get(id)!)) };
}

const steps: Step[] = [];
for (let from = first; steps.length < 3; from = steps.at(-1)!.next) steps.push(stepFrom(from));

const latest = (path: string, given = first) => new RosterStore(path).read(given, nobleBackend);

Deno.test("§13.12 a store leads from the file given to the newest roster that is kept, and is durable", () =>
  withTempDirectory(async (directory) => {
    const path = `${directory}/cluster.json`;
    const store = new RosterStore(path);
    assertEquals(await store.read(first, nobleBackend), first);
    await Promise.all([store.add(steps.slice(0, 1)), store.add(steps.slice(1, 2))]);
    assertEquals((await latest(path)).digest, steps[1]!.next.digest);
    const other = new RosterStore(path);
    await other.read(first, nobleBackend);
    await other.add(steps.slice(2));
    assertEquals((await latest(path)).digest, steps[2]!.next.digest);
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["cluster.json.latest"]);
    // A newer file passes over what was before it.
    assertEquals((await latest(path, steps[1]!.next)).digest, steps[2]!.next.digest);
    assertEquals((await latest(path, steps[2]!.next)).digest, steps[2]!.next.digest);
  }));

Deno.test("§13.12 a store that somebody has forged is worth nothing", () =>
  withTempDirectory(async (directory) => {
    const path = `${directory}/cluster.json`;
    const forged = stepFrom(first, ["r1", "r2"]);
    await new RosterStore(path).add([forged, stepFrom(forged.next)]);
    assertEquals(await latest(path), first);
    await new RosterStore(path).add([steps[0]!, forged]);
    assertEquals((await latest(path)).digest, steps[0]!.next.digest);
    for (
      const text of ["", "{", "null", "7", "[]", '{"ends":7}', '{"ends":[7]}', '{"ends":["###"]}', '{"ends":["AAAA"]}']
    ) {
      await Deno.writeTextFile(`${path}.latest`, text);
      assertEquals(await latest(path), first, text);
    }
    const file = await Deno.open(`${path}.latest`, { write: true });
    await file.truncate(MAX_STORE_BYTES + 1);
    file.close();
    assertEquals(await latest(path), first, "too long");
    const store = new RosterStore(path);
    await store.read(first, nobleBackend);
    await store.add(steps.slice(0, 1));
    assertEquals((await latest(path)).digest, steps[0]!.next.digest, "and is replaced by what is true");
  }));

Deno.test("where a store cannot be written, nothing is left behind", () =>
  withTempDirectory(async (directory) => {
    const store = new RosterStore(`${directory}/nowhere/cluster.json`);
    const failure = await store.add(steps).then(() => null, (error) => error);
    assert(`${failure}`.includes("nowhere/cluster.json.latest"), `${failure}`);
    assertEquals([...Deno.readDirSync(directory)], []);
  }));
