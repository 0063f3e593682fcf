/** `reconfigure`, `roster show` and the epochs in `status`, as a user types them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Connect } from "../../client/cli/connect.ts";
import { parseSignedRoster, type RosterFile } from "../../crypto/roster/parse_roster.ts";
import { rosterText } from "../../crypto/roster/roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { textSignedBy } from "../support/rosters/sign_rosters.ts";
import { withTempDirectory } from "../support/temp_directory.ts";
import { runInMemory } from "./cli_lab.ts";
import { type EpochsLab, withEpochs } from "./epochs_lab.ts";

const textOf = ({ raw, roster: { operatorKey }, signatures }: RosterFile): string =>
  rosterText(raw, operatorKey, signatures);

/** Runs `body` with the command line of a client that follows a cluster, and a place for files. */
const withLab = (
  body: (lab: EpochsLab, run: (line: string) => ReturnType<typeof runInMemory>, dir: string) => Promise<void>,
) =>
  withTempDirectory((directory) =>
    withEpochs({}, async (lab) => {
      const connect: Connect = (globals) =>
        Promise.resolve(
          lab.connect("c1", { timings: { timeoutMs: globals.timeoutMs, statusMs: 2000, queryRetryMs: 30 } }),
        );
      const run = (line: string) => runInMemory(connect, line.replaceAll("DIR", directory).split(" "));
      await body(lab, run, directory);
    })
  );

Deno.test("cli: reconfigure says what differs, how far it is, and that it is done; asked again, that it is in force", () =>
  withLab(async ({ next, cluster }, run, directory) => {
    const clients = cluster.roster.clients.filter(({ id }) => id === "c1");
    await Deno.writeTextFile(`${directory}/next.json`, textOf(next({ clients, constants: { heartbeatMs: 30 } })));
    const { code, out, err } = await run("reconfigure --force DIR/next.json");
    assertEquals([code, err], [0, ""]);
    const lines = out.trimEnd().split("\n");
    assertMatch(lines[0]!, /^revokes client c2, fingerprint [\w-]+$/);
    assertEquals(lines.slice(1), [
      "sets heartbeatMs from 8 to 30",
      "n stays 4, f stays 1, Q stays 3",
      `ordered at ${cluster.index}`,
      "epoch 1 ended",
      "epoch 2 begun by r1, r2, r3, r4 (4 of 4, wanted 3)",
      "done",
    ]);
    const again = await run("reconfigure DIR/next.json");
    const begun = "epoch 2 begun by r1, r2, r3, r4 (4 of 4, wanted 3)";
    assertEquals(again.out, `epoch 2 is in force already\n${begun}\ndone\n`);
    const json = JSON.parse((await run("--json reconfigure DIR/next.json")).out);
    const { epoch, digest } = { epoch: 2, digest: cluster.epochs.newest.digest };
    assertEquals(json, {
      ...{ ok: true, epoch, digest, index: null, begun: ["r1", "r2", "r3", "r4"], changes: [], warnings: [] },
    });
  }));

Deno.test("cli: reconfigure refuses what cannot follow, and what nobody listens for", () =>
  withLab(async ({ next, change, connect, cluster, replicas }, run, directory) => {
    const stale = textOf(next({ constants: { heartbeatMs: 30 } }));
    await change(connect("c2"));
    await Deno.writeTextFile(`${directory}/next.json`, stale);
    const refused = await run("reconfigure --force DIR/next.json");
    assertEquals(refused.code, 2);
    assertMatch(
      refused.err,
      /^client: reconfigure: given another roster of epoch 2, .+: another change came first, and epoch 2 with digest/,
    );
    const wrong: readonly (readonly [Partial<Roster>, RegExp])[] = [
      [{ cluster: "other" }, /given the roster of cluster other, wanted one of fake/],
      [{ epoch: 1, previous: null }, /given epoch 1, which is over: epoch 2 with digest/],
      [{ epoch: 5 }, /given epoch 5, wanted 3: epoch 2 .+; make the changes between first/],
      [
        { previous: "a".repeat(64) },
        /given one that follows another roster of epoch 2, with digest a{64}: .+; prepare it anew/,
      ],
    ];
    for (const [parts, words] of wrong) {
      await Deno.writeTextFile(
        `${directory}/wrong.json`,
        textSignedBy({ ...next().roster, ...parts }, cluster.keys.get("operator")!),
      );
      const { code, err } = await run("reconfigure DIR/wrong.json");
      assertEquals(code, 2);
      assertMatch(err, words);
    }
    // `.invalid` names no machine.
    const nowhere = replicas("r1", "r2", "r5", "r6").map((line) => ({ ...line, host: `${line.id}.invalid` }));
    await Deno.writeTextFile(`${directory}/far.json`, textOf(next({ replicas: nowhere })));
    const ordered = cluster.index;
    const unreachable = await run("reconfigure DIR/far.json");
    assertEquals(unreachable.code, 1);
    assertMatch(
      unreachable.err,
      /nothing listens at r1 \(.+: 0 of 4 replicas of the new roster can be reached from here; wanted 3/,
    );
    assertEquals(cluster.index, ordered);
    const missing = await run("reconfigure DIR/none.json");
    assertEquals([missing.code, missing.err.includes("none.json")], [2, true]);
  }));

Deno.test("cli: roster show prints the signed roster in force, to go on from; status has the epochs", () =>
  withLab(async ({ change, connect, cluster }, run) => {
    const wanted = await change(connect("c2"), { constants: { heartbeatMs: 30 } });
    const shown = await run("roster show");
    assertEquals(shown.code, 0);
    assertEquals(parseSignedRoster(shown.out, null, nobleBackend).digest, wanted.digest);
    assertEquals(shown.err, `roster of cluster fake, epoch 2, digest ${wanted.digest}`);
    const json = JSON.parse((await run("--json roster show")).out);
    assertEquals([json.epoch, json.digest, json.file], [2, wanted.digest, JSON.parse(textOf(wanted))]);
    const status = await run("status");
    assertMatch(status.out.split("\n")[1]!, /^r1 +leader +2 +1 +r1 /);
    const wrong = await run("roster hide");
    assertEquals([wrong.code, wrong.err], [2, 'client: roster was given "hide"; wanted show']);
    assert(cluster.index > 0);
  }));
